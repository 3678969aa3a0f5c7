"""Names of people as they write them, and as they search for them."""

import unicodedata

import regex

LONGEST = 120  # graphemes: what a person counts as characters
LONGEST_CODE_POINTS = 1200  # of the column; a grapheme of any script needs fewer than ten

# Overrides and isolates (UAX #9) would turn the text around a name as well as the name.
_BIDI_CONTROLS = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
_BLANKS = regex.compile(r"[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cf}\p{M}\u2800]*")
_GRAPHEME = regex.compile(r"\X")

# What Unicode doesn't decompose, and a person types for it all the same.
_FOLDED = str.maketrans(
    {
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe",
        "ŋ": "n", "ə": "e", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y",
        # Arabic and Persian keyboards write these differently.
        "ی": "ي", "ى": "ي", "ک": "ك", "ة": "ه", "ـ": None,
        # The apostrophes of O'Brien, Hawaiʻi and D`Angelo, typed or left out.
        **dict.fromkeys("'’‘ʼʻʹʽ`´′ꞌ\u02c8\u05f3", None),
        **dict.fromkeys("‐‑‒–—―−־", "-"),
        "·": None,
    }
)  # fmt: skip
_VOICING = "\u3099\u309a"  # what tells ga from ka is no accent
_UNSEEN = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cf}]")


def displayable(name: str) -> str:
    """`name` on one line without what can't be shown: control characters, bidirectional controls, half a
    surrogate pair, and the code points that Unicode will never assign.

    Joiners, tags of flags, and code points newer than Python's tables stay: they are part of names.
    """
    kept = "".join(sign for sign in name if sign.isspace() or not _is_control(sign))
    return " ".join(kept.split())


def is_blank(name: str) -> bool:
    """Whether nothing of `name` would be seen."""
    return _BLANKS.fullmatch(name) is not None


def grapheme_count(name: str) -> int:
    """How many characters a person counts in `name` (extended grapheme clusters, UAX #29)."""
    return sum(1 for _ in _GRAPHEME.finditer(name))


def searchable(name: str) -> str:
    """`name` as it is searched: equal where only case, accents, joiners, apostrophes or dashes differ."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    plain = (sign for sign in folded if sign in _VOICING or not unicodedata.combining(sign))
    return _UNSEEN.sub("", "".join(plain).translate(_FOLDED))


def _is_control(sign: str) -> bool:
    return (
        unicodedata.category(sign) in ("Cc", "Cs")
        or sign in _BIDI_CONTROLS
        or ord(sign) & 0xFFFE == 0xFFFE
        or 0xFDD0 <= ord(sign) <= 0xFDEF
    )
