"""The secrets of second factors as the database has them: sealed by a key that is not in it."""

from tasks.accounts.sealing import seal, unseal

_PURPOSE = "second factors"


def sealed(secret: str, user_id: str) -> str:
    """`secret` for the database; it opens for this user alone. StoreError without a key."""
    return seal(secret, purpose=_PURPOSE, about=user_id)


def opened(kept: str, user_id: str) -> str | None:
    """The secret; None where another key has sealed it: the database came here without its own."""
    return unseal(kept, purpose=_PURPOSE, about=user_id)
