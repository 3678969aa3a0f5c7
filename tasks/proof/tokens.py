"""The token in a link's address: random, shown once, kept as a digest alone."""

import hashlib
import re
import secrets

_FORM = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """256 random bits, as they stand in an address."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What the record keeps of a token; "" for what can be none."""
    return hashlib.sha256(token.encode()).hexdigest() if _FORM.fullmatch(token) else ""
