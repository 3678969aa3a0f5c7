"""A key that can stand in a header."""

from typing import Annotated

from pydantic import AfterValidator, SecretStr


def check_sendable(value: SecretStr) -> SecretStr:
    """The key without space around it. ValueError when it has characters that no header takes."""
    key = value.get_secret_value().strip()
    if not key.isascii() or not key.isprintable():
        raise ValueError("this has characters that no key has; copy it again")
    return SecretStr(key)


SendableKey = Annotated[SecretStr, AfterValidator(check_sendable)]
