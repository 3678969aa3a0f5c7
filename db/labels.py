"""Notes and tags as people write them, and as they search for them: in any script."""

import unicodedata
from collections.abc import Iterable

from db.names import displayable, is_blank, searchable

LONGEST_TAG = 240  # code points of the column; what a person may write is decided in `tasks.correction`


def note_text(text: str) -> str:
    """`text` in its lines, without what can't be shown, blank lines at its ends or blanks at theirs."""
    lines = [displayable(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return unicodedata.normalize("NFC", "\n".join(lines)).strip("\n")


def searchable_note(text: str) -> str:
    """`text` as it is searched: on one line, folded as names are."""
    return searchable(" ".join(text.split()))


def tag_text(tag: str) -> str:
    """`tag` as it is kept: composed (NFC), on one line, without the "#" it may begin with."""
    return unicodedata.normalize("NFC", displayable(tag)).lstrip("#\uff03").strip()


def searchable_tag(tag: str) -> str:
    """`tag` as it is searched: tags that give the same are the same tag."""
    folded = " ".join(searchable(tag_text(tag)).split())
    return (folded or tag_text(tag).casefold())[:LONGEST_TAG]  # signs alone are folded away


def distinct_tags(tags: Iterable[str]) -> list[str]:
    """`tags` as they are kept: none twice, none blank, in the order of their folded spelling."""
    found: dict[str, str] = {}
    for tag in map(tag_text, tags):
        if not is_blank(tag):
            found.setdefault(searchable_tag(tag), tag[:LONGEST_TAG])
    return [found[key] for key in sorted(found)]
