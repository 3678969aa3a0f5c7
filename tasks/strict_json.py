"""JSON from people we don't know: either a document that everyone reads the same way, or one plain error."""

import json
import math
from typing import Any


class NotJson(ValueError):
    """It is no JSON, or such as means different things to different readers."""


def loads(text: bytes | str) -> Any:
    """The document in `text`, which is UTF-8.

    NotJson for everything that is wrong with it: broken off or nested too deeply, NaN and infinity, numbers
    of thousands of digits, a name twice in one object, bytes and characters that UTF-8 does not have.
    """
    try:
        plain = text.decode() if isinstance(text, bytes) else text
        document = json.loads(
            plain, object_pairs_hook=_object, parse_constant=_no_number, parse_float=_finite
        )
        if "\\ud" in plain.lower():  # half a character, which nobody can write down again
            json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise NotJson(f"This is no JSON document ({type(error).__name__}).") from None
    return document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return document


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number
