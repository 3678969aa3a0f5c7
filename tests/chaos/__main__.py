"""`make chaos`: every crash point on both databases with one and three workers, zombies, cuts, restarts.

Prints a line a scenario and the sum at the end; exit 1 if anything was paid twice, lost or unexplained, or
if a mutation of the promise was not noticed. The acts share nothing, so several are played side by side,
each in a process that has everything imported; STORYKIN_CHAOS_LANES says how many.
"""

import sys

from tests.chaos.playing import main

if __name__ == "__main__":
    sys.exit(main())
