"""`python -m ui.rehearsal`: the same as `storykin rehearse`."""

import argparse
import sys

from tasks.errors import StorykinError
from ui.cli.rehearse import add_rehearse_options, rehearse


def main() -> int:
    """Serve the rehearsal cloud; the exit code is 2, with a sentence on stderr, when it can't start."""
    parser = argparse.ArgumentParser(prog="python -m ui.rehearsal", description=__doc__)
    add_rehearse_options(parser)
    try:
        return rehearse(parser.parse_args())
    except StorykinError as error:
        sys.stderr.write(f"{error.sentence}\n")
        return 2


raise SystemExit(main())
