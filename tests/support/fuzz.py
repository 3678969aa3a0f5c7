"""How the tests guess: the same guesses every time, with no clock and no files left behind."""

from hypothesis import settings

quick = settings(deadline=None, database=None, derandomize=True, max_examples=100)
