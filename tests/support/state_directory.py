"""Where the embedded Postgres lies when root runs the tests: outside every data folder."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def state_directory() -> Iterator[Path]:
    """A folder that other accounts may pass through, named as systemd names one to a service."""
    folder = Path(tempfile.mkdtemp(prefix="storykin-state-"))
    folder.chmod(0o711)
    before = os.environ.get("STATE_DIRECTORY")
    os.environ["STATE_DIRECTORY"] = str(folder)
    try:
        yield folder
    finally:
        os.environ.pop("STATE_DIRECTORY")
        if before is not None:
            os.environ["STATE_DIRECTORY"] = before
        shutil.rmtree(folder, ignore_errors=True)
