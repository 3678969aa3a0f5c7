"""The commands of a working day (review, correct, organise), their options and what `--help` says of them.

A command is imported when it is asked for.
"""

import argparse
from collections.abc import Callable
from typing import TypeAlias

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
_CHARACTER = "the character's id, or its beginning"
_PICTURE = "a style, STYLE-ORDINAL, or the beginning of the picture's id"


def add_working_commands(commands: Subparsers) -> None:
    """`favourite`, `approve`, `review`, `correct`, `rename`, `note`, `tag` and `cancel`."""
    _decision(commands, "favourite", "pick a character's favourite picture", _favourite)
    _decision(commands, "approve", "keep a picture that was held back", _approve)
    _add_review(commands)
    _add_correct(commands)
    _add_details(commands)
    cancelling = commands.add_parser("cancel", help="cancel the run that a character is under way with")
    cancelling.add_argument("character", help=_CHARACTER)
    cancelling.set_defaults(command=_cancel)


def _add_review(commands: Subparsers) -> None:
    review = commands.add_parser("review", help="what waits for a decision, and deciding")
    what = review.add_subparsers(required=True, metavar="WHAT")
    listing = what.add_parser("list", help="who waits for review, the longest waiting first")
    listing.add_argument("--missing", action="store_true", help="those without a favourite instead")
    listing.add_argument("--limit", type=int, default=24, help="at most so many (default 24)")
    listing.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    listing.set_defaults(command=_review_list)
    _decision(what, "approve", "the picture is good", _approve)
    _decision(what, "lock", "the picture is the canon", _lock)
    _decision(what, "propose", "the picture waits for review again", _propose)
    rejecting = _decision(what, "reject", "the picture is not to be used", _reject)
    rejecting.add_argument("reason", metavar="REASON", help="such as not-alike; a wrong one names them all")
    rejecting.add_argument("--note", default="", help="what is meant, in a few words; needed for other")
    _decision(what, "favourite", "the picture is the favourite", _favourite)
    undoing = what.add_parser("undo", help="take back the newest decision about a character")
    undoing.add_argument("character", help=_CHARACTER)
    undoing.set_defaults(command=_undo)


def _add_correct(commands: Subparsers) -> None:
    correct = commands.add_parser("correct", help="put a profile right: a new version, by a person")
    correct.add_argument("character", help=_CHARACTER)
    correct.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FEATURE=VALUE",
        help="such as eyes=green or hair-length=short; nothing after the = says unknown",
    )
    correct.add_argument(
        "--color",
        action="append",
        default=[],
        metavar="FEATURE=#RRGGBB",
        help="the color of a feature, or of a part of the palette as palette:clothes=#d5582a",
    )
    correct.add_argument(
        "--keep", action="append", default=[], metavar="PHRASE", help="something that must not change"
    )
    correct.add_argument(
        "--drop", action="append", default=[], metavar="PHRASE", help="something that may change after all"
    )
    correct.add_argument(
        "--based-on", type=int, default=None, metavar="VERSION", help="refuse if this is not the newest"
    )
    correct.set_defaults(command=_correct)


def _add_details(commands: Subparsers) -> None:
    rename = commands.add_parser("rename", help="give a character another name")
    rename.add_argument("character", help=_CHARACTER)
    rename.add_argument("name", help="the new name")
    rename.set_defaults(command=_rename)
    note = commands.add_parser("note", help="what is noted of a character")
    note.add_argument("character", help=_CHARACTER)
    note.add_argument("text", nargs="?", default=None, help="the new notes; - reads standard input")
    note.set_defaults(command=_note)
    tag = commands.add_parser("tag", help="the tags of a character")
    tag.add_argument("character", help=_CHARACTER)
    tag.add_argument("tags", nargs="*", metavar="TAG", help="tags to give it")
    tag.add_argument("--remove", action="store_true", help="take these tags off instead")
    tag.set_defaults(command=_tag)


def _decision(
    commands: Subparsers, name: str, words: str, command: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    decision = commands.add_parser(name, help=words)
    decision.add_argument("character", help=_CHARACTER)
    decision.add_argument("picture", help=_PICTURE)
    decision.set_defaults(command=command)
    return decision


def _review_list(told: argparse.Namespace) -> int:
    from ui.cli.review import review_list  # noqa: PLC0415

    return review_list(missing=told.missing, limit=told.limit, as_json=told.json)


def _approve(told: argparse.Namespace) -> int:
    from ui.cli.review import approve  # noqa: PLC0415

    return approve(told.character, told.picture)


def _lock(told: argparse.Namespace) -> int:
    from ui.cli.review import lock  # noqa: PLC0415

    return lock(told.character, told.picture)


def _propose(told: argparse.Namespace) -> int:
    from ui.cli.review import propose  # noqa: PLC0415

    return propose(told.character, told.picture)


def _reject(told: argparse.Namespace) -> int:
    from ui.cli.arguments import text_argument  # noqa: PLC0415
    from ui.cli.review import reject  # noqa: PLC0415

    return reject(told.character, told.picture, told.reason, text_argument(told.note))


def _favourite(told: argparse.Namespace) -> int:
    from ui.cli.review import favourite  # noqa: PLC0415

    return favourite(told.character, told.picture)


def _undo(told: argparse.Namespace) -> int:
    from ui.cli.review import undo  # noqa: PLC0415

    return undo(told.character)


def _correct(told: argparse.Namespace) -> int:
    from ui.cli.correct import correct  # noqa: PLC0415

    return correct(
        told.character, told.set, told.color, keep=told.keep, drop=told.drop, based_on=told.based_on
    )


def _rename(told: argparse.Namespace) -> int:
    from ui.cli.correct import rename_character  # noqa: PLC0415

    return rename_character(told.character, told.name)


def _note(told: argparse.Namespace) -> int:
    from ui.cli.correct import note  # noqa: PLC0415

    return note(told.character, told.text)


def _tag(told: argparse.Namespace) -> int:
    from ui.cli.correct import tag  # noqa: PLC0415

    return tag(told.character, told.tags, remove=told.remove)


def _cancel(told: argparse.Namespace) -> int:
    from ui.cli.correct import cancel  # noqa: PLC0415

    return cancel(told.character)
