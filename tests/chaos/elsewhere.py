"""What a process on another machine does: the job in the file that it is given."""

import pickle
import sys
from pathlib import Path

from tests.chaos import child

if __name__ == "__main__":
    name, job = pickle.loads(Path(sys.argv[1]).read_bytes())
    getattr(child, name)(job)
