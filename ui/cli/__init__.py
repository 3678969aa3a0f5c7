"""The command line. `storykin` alone lists the commands."""

import argparse
import errno
import os
import sys
from collections.abc import Callable, Sequence

from db.errors import READ_ONLY, BadSettings, UserFacingError
from db.private_files import close_folder, is_shared_folder
from db.settings import record_settings
from tasks.entry_point import prepare_process
from tasks.errors import UsageError
from tasks.standard_streams import let_go
from ui.cli import commands
from ui.cli.output import escape_what_cannot_be_printed
from ui.cli.parser import build_parser
from ui.settings import check_settings

DONE, FAILED, WRONG_USAGE = 0, 1, 2
_CANT_WRITE = frozenset({errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG})


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. 0 done, 1 the work failed (one line on stderr says why), 2 wrong usage."""
    escape_what_cannot_be_printed()
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.command is None:
        parser.print_help()
        return DONE
    prepare_process()
    try:
        status = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        return _stop_writing()
    except OSError as error:  # of the output, or of a disk: what can be said better is said before
        _stop_writing()
        return _print_error("not_written", f"Something can't be written: {error.strerror}.", FAILED)
    return status


def _run(arguments: argparse.Namespace) -> int:
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        if command not in (commands.run_doctor, commands.run_completion):  # the doctor reports on them itself
            check_settings()
            _close_home()
        return command(arguments)
    except (UsageError, BadSettings) as error:
        return _print_error(error.code, error.sentence, WRONG_USAGE)
    except UserFacingError as error:
        return _print_error(error.code, error.sentence, FAILED)
    except KeyboardInterrupt:
        return _print_error(
            "stopped", "Stopped. What was done is kept; run the same command to go on.", FAILED
        )
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _CANT_WRITE:
            raise
        if os.environ.get("STORYKIN_DEBUG"):
            raise
        if isinstance(error, PermissionError):
            return _print_error("read_only", READ_ONLY, FAILED)
        kind = ", ".join(sorted(_kinds(error)))
        return _print_error(
            "internal", f"Something unexpected went wrong ({kind}). STORYKIN_DEBUG=1 shows it.", FAILED
        )


def _kinds(error: BaseException) -> set[str]:
    """The types of what went wrong; a group, as of a worker's tasks, says nothing by its own."""
    if isinstance(error, BaseExceptionGroup):
        return set().union(*map(_kinds, error.exceptions))
    return {type(error).__name__}


def _close_home() -> None:
    """A data folder from before, or made by hand, may be open to other accounts: that ends here."""
    home = record_settings().home
    try:
        if not is_shared_folder(home) and close_folder(home):
            print(
                f"storykin: the data folder {home} was open to other accounts; now it is not", file=sys.stderr
            )
    except OSError:
        return  # somebody else's: `storykin doctor` says so


def _stop_writing() -> int:
    """Whoever read our output has gone: say nothing more, not even when Python flushes at the end."""
    let_go(sys.stdout)
    return FAILED


def _print_error(code: str, sentence: str, status: int) -> int:
    print(f"storykin: {code}: {sentence}", file=sys.stderr)
    return status
