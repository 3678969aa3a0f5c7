"""The body of a request to the rehearsal cloud, as JSON."""

from typing import Any

from starlette.requests import Request

from flows.request_body import BodyTooLong, read_body
from tasks import strict_json

LARGEST_BODY = 32 * 1024 * 1024  # bytes


async def json_body(request: Request) -> Any:
    """The body, parsed. ValueError when it is no JSON document, or longer than LARGEST_BODY."""
    try:
        return strict_json.loads(await read_body(request, LARGEST_BODY))
    except BodyTooLong:
        raise ValueError("the body is too long") from None
