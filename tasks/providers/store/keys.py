"""What a storage key may look like. We make every key ourselves, and check it as if we had not."""

import re
from uuid import uuid4

from tasks.errors import StoreError

MAX_KEY_BYTES = 512
INCOMING = "incoming/"  # where a browser may write; a bucket's lifecycle rule empties it

# A part begins with a letter or digit, so no part is hidden, `.` or `..`, and never ends with a dot.
# 200 leaves room for a suffix within the 255 bytes of a file name.
_PART = r"[a-z0-9](?:[a-z0-9_-]|\.(?=[a-z0-9_-])){0,199}"
_KEY = re.compile(rf"{_PART}(?:/{_PART})*")
_PREFIX = re.compile(rf"(?:{_PART}/)*(?:{_PART}\.?)?")


def check_key(key: str) -> str:
    """Return `key` unchanged; raises StoreError `bad_key` when it breaks the grammar."""
    return _checked(key, _KEY)


def check_prefix(prefix: str) -> str:
    """Return `prefix`, the beginning of a key or nothing, unchanged; raises StoreError `bad_key`."""
    return _checked(prefix, _PREFIX)


def incoming_key() -> str:
    """A fresh key for something that is being uploaded."""
    return f"{INCOMING}{uuid4()}"


def _checked(text: str, grammar: re.Pattern[str]) -> str:
    if len(text) > MAX_KEY_BYTES or not grammar.fullmatch(text):
        raise StoreError("That is not a name the picture store uses.", code="bad_key")
    return text
