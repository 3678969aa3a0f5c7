"""The body of a request, read by us so that nobody makes us hold more than we want."""

from starlette.requests import Request


class BodyTooLong(Exception):
    """The body is longer than it may be; the rest of it was not read."""


async def read_body(request: Request, longest: int) -> bytes:
    """The whole raw body, of at most `longest` bytes.

    Raises BodyTooLong, and starlette's ClientDisconnect when the sender leaves before its end.
    """
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > longest:
            raise BodyTooLong
    return bytes(received)
