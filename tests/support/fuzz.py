"""How the tests guess: the same guesses every time, with no clock and no files left behind."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "storykin-hypothesis")
quick = settings(deadline=None, database=None, derandomize=True, max_examples=100)
