"""A model's description → a profile. It is paid for, so a slip that can be set right does not lose the rest.

The schema that goes with the question says what a colour or a share is, but not every model, and hardly any
stand-in, keeps to patterns and bounds. What is missing altogether can't be set right.
"""

import math
import re
import unicodedata
from typing import Any

from tasks.profile import Profile

UNREADABLE_COLOR = "The model gave a colour that can't be read; it is not used."
_HEX = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)
_LAYOUT = "\t\n"


def profile_of_answer(content: Any) -> Profile:
    """The profile in `content`, parsed JSON. Colours in any common spelling are taken, and left out with a
    note when they are none; numbers are held between 0 and 1; invisible characters go.
    pydantic.ValidationError when it is no profile.
    """
    mended = _mended(content)
    if not isinstance(mended, dict):
        return Profile.model_validate(mended)
    swatches, notes = mended.get("palette"), mended.get("notes")
    if isinstance(swatches, list):
        mended["palette"] = [each for each in swatches if not _is_colorless(each)]
    if isinstance(notes, list) and _colors(mended) < _colors(content):
        mended["notes"] = [*notes, UNREADABLE_COLOR]
    return Profile.model_validate(mended)


def _mended(node: Any, name: str = "") -> Any:
    """`node` with every hex, confidence and share in it, and every text, as the schema wants it."""
    if isinstance(node, dict):
        return {key: _mended(value, key) for key, value in node.items()}
    if isinstance(node, list):
        return [_mended(each) for each in node]
    if isinstance(node, str):
        return _hex_of(node) if name == "hex" else _visible(node)
    if name in ("confidence", "share") and isinstance(node, int | float):
        return min(max(float(node), 0.0), 1.0) if math.isfinite(node) else 0.0
    return node


def _hex_of(text: str) -> str | None:
    found = _HEX.fullmatch(text.strip())
    if found is None:
        return None
    digits = found[1].lower()
    return "#" + (digits if len(digits) == 6 else "".join(2 * each for each in digits))


def _visible(text: str) -> str:
    """Without control characters and halves of surrogates: not every database can keep them."""
    return "".join(each for each in text if each in _LAYOUT or unicodedata.category(each) not in ("Cc", "Cs"))


def _is_colorless(swatch: Any) -> bool:
    return isinstance(swatch, dict) and "hex" in swatch and swatch["hex"] is None


def _colors(node: Any) -> int:
    """How many colours are given in `node`."""
    if isinstance(node, dict):
        return sum(_colors(each) for each in node.values()) + (node.get("hex") is not None)
    return sum(map(_colors, node)) if isinstance(node, list) else 0
