"""How `backup`, `restore` and `move` are spelt; what they do is imported when they are asked for."""

import argparse

_JSON = "print one JSON document and nothing else"
_PLACE = "a folder, or s3://bucket/path (STORYKIN_BACKUP_TO when left out)"


def add_backup_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The three commands."""
    _add_backup(commands)
    _add_restore(commands)
    _add_move(commands)


def _add_backup(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    backup = commands.add_parser(
        "backup",
        help="copy the database and every picture, while they are in use",
        usage="storykin backup [PLACE] | backup verify [PLACE] | backup list [PLACE]",
    )
    backup.add_argument("words", nargs="*", metavar="PLACE", help=_PLACE)
    backup.add_argument("--keep", type=int, default=None, metavar="N", help="let all but the newest N go")
    backup.add_argument(
        "--full", action="store_true", help="also read what is there, and replace what is rotten"
    )
    backup.add_argument("--verify", action="store_true", help="afterwards read the whole backup again")
    backup.add_argument("--json", action="store_true", help=_JSON)
    backup.set_defaults(command=_backup)


def _add_restore(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    restore = commands.add_parser("restore", help="put a backup into an empty home, database and store")
    restore.add_argument("place", nargs="?", default="", metavar="PLACE", help=_PLACE)
    restore.add_argument(
        "--at",
        default=None,
        metavar="TIME|ID",
        help="the newest by that time, or that generation; else the newest",
    )
    restore.add_argument(
        "--set-aside", action="store_true", help="first rename what is in the way; nothing is deleted"
    )
    restore.add_argument("--json", action="store_true", help=_JSON)
    restore.set_defaults(command=_restore)


def _add_move(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    move = commands.add_parser(
        "move", help="copy the database to another one, or the pictures to another store"
    )
    move.add_argument("--to", default=None, metavar="URL", help="postgresql://… or sqlite:///…, an empty one")
    move.add_argument("--to-store", default=None, metavar="STORE", help="the other kind of store: disk, r2")
    move.add_argument("--json", action="store_true", help=_JSON)
    move.set_defaults(command=_move)


def _backup(arguments: argparse.Namespace) -> int:
    from ui.cli.backup import backup  # noqa: PLC0415

    return backup(arguments)


def _restore(arguments: argparse.Namespace) -> int:
    from ui.cli.restore import restore_backup  # noqa: PLC0415

    return restore_backup(arguments)


def _move(arguments: argparse.Namespace) -> int:
    from ui.cli.move import move_installation  # noqa: PLC0415

    return move_installation(arguments)
