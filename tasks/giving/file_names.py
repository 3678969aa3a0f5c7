"""Names for files that are given out: who and what, in any script, and such that every file system takes."""

import re
import unicodedata

from db.called import names_hidden, order_number

# Longest name in bytes of UTF-8, without folder and extension: file systems stop at 255 for a whole name, and
# Windows at 260 for a whole path.
LONGEST_BYTES = 120
# Windows and FAT refuse these; a slash ends a folder everywhere; a colon is one to old Macs.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f]')
# Format and private signs, such as those that turn the direction of what follows, hide what a name says.
# The joiners are kept: Persian and Devanagari are spelt with them, and emoji joined.
_HIDDEN = frozenset({"Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")
_DEVICES = re.compile(r"(?i)^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)")


def safe_name(text: str, *, otherwise: str = "unnamed", longest: int = LONGEST_BYTES) -> str:
    """`text` as a part of a file's name, at most `longest` bytes of UTF-8; `otherwise` where nothing is left.

    What no file system takes is a space then; it begins with no dot or dash, and ends with no dot or space.
    """
    composed = _FORBIDDEN.sub(" ", unicodedata.normalize("NFC", text))
    seen = "".join(sign for sign in composed if sign in _JOINERS or unicodedata.category(sign) not in _HIDDEN)
    spaced = " ".join(seen.split())
    name = _cut(spaced.lstrip(".-~ "), longest).rstrip(". \u200c\u200d")
    if not name:
        return otherwise
    return f"_{name}" if _DEVICES.match(name) else name


def short_id(entity_id: str) -> str:
    """The last six signs of an id: ids begin with the time, so that those of one day look alike."""
    return entity_id[-6:].lower()


def character_name(name: str | None, character_id: str) -> str:
    """A folder's or file's name for a character: "Maya 3fa9c1", or "character 3fa9c1" without its name; its
    order number where that stands for names everywhere.

    The id is part of it because two may be called the same, also by case or accents alone.
    """
    if names_hidden():
        return order_number(character_id)
    return f"{safe_name(name or 'character', otherwise='character', longest=90)} {short_id(character_id)}"


def picture_name(name: str | None, character_id: str, title: str, extension: str) -> str:
    """A file's name for a picture: "Maya 3fa9c1 - Anime 2.png"; `title` is what people call the picture."""
    return f"{character_name(name, character_id)} - {safe_name(title, otherwise='picture')}.{extension}"


def _cut(text: str, longest: int) -> str:
    """As many whole signs of `text` as fit into `longest` bytes, and no letter without its accents."""
    if len(text.encode()) <= longest:
        return text
    kept = text.encode()[:longest].decode(errors="ignore")
    following = text[len(kept) : len(kept) + 1]
    while kept and following and (unicodedata.combining(following) or following in _JOINERS):
        following, kept = kept[-1], kept[:-1]
    return kept
