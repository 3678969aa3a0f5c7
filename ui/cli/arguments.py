"""Words and numbers of the command line, as they were meant."""

import os

from tasks.errors import UsageError

_PORTS = range(1, 65536)


def check_port(port: int | None) -> None:
    """Return if it can be a port, or none was asked for. UsageError (`bad_port`)."""
    if port is not None and port not in _PORTS:
        raise UsageError("A port is a number from 1 to 65535.", code="bad_port")


def text_argument(value: str) -> str:
    """An argument as its writer meant it: what the locale could not read is read as UTF-8.

    Raises UsageError for bytes that are no UTF-8 either.
    """
    if value.isprintable() or not any("\udc80" <= sign <= "\udcff" for sign in value):
        return value
    try:
        return os.fsencode(value).decode("utf-8")
    except UnicodeError:
        raise UsageError(
            "This text is not in your terminal's encoding. Use a UTF-8 terminal, or write it in ASCII.",
            code="unreadable_text",
        ) from None
