"""Parts of a page that talk to routes of their own (`ui/static/part.js`): fragments out, JSON forms in."""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from db.errors import NotFound, UserFacingError
from db.log import Log
from flows.request_body import BodyTooLong, read_body
from tasks import strict_json
from tasks.errors import UsageError
from ui.access import NotAllowed
from ui.i18n import N_
from ui.routes.problem import UNEXPECTED, problem

LONGEST_BODY = 64 * 1024  # bytes
NOT_STORED = {"Cache-Control": "no-store"}

log = Log("studio")


def fragment(make: Callable[[], str]) -> Response:
    """The HTML of a part, or the problem in words."""
    return answered(lambda: html_answer(make()))


async def saved(
    request: Request, save: Callable[[Mapping[str, Any]], str], *, longest: int = LONGEST_BODY
) -> Response:
    """What `save` makes of the form that was sent, of `longest` bytes at most: the part anew, or the
    problem in words.
    """
    return await form_answered(request, lambda form: html_answer(save(form)), longest=longest)


async def form_answered(
    request: Request,
    answer: Callable[[Mapping[str, Any]], Response],
    *,
    longest: int = LONGEST_BODY,
    unexpected: str = UNEXPECTED,
) -> Response:
    """What `answer` gives for the form that was sent, or the problem in words."""
    try:
        document = strict_json.loads(await read_body(request, longest))
    except BodyTooLong:
        return problem(413, "too_large", N_("This is too much for one form."))
    except strict_json.NotJson:
        return problem(400, "bad_json", "This request is no JSON document.")
    if not isinstance(document, dict):
        return problem(400, "bad_json", "This request is no form.")
    return await run_in_threadpool(answered, lambda: answer(document), unexpected)


def html_answer(html: str) -> Response:
    """A part, which no browser keeps."""
    return HTMLResponse(html, headers=NOT_STORED)


def answered(make: Callable[[], Response], unexpected: str = UNEXPECTED) -> Response:
    """What `make` gives, or the problem in words; `unexpected` are those for what nobody foresaw."""
    try:
        return make()
    except NotFound as error:
        return problem(404, error.code, error.sentence)
    except NotAllowed as error:
        return problem(403, error.code, error.sentence)
    except UsageError as error:
        return problem(422, error.code, error.sentence)
    except UserFacingError as error:
        return problem(409, error.code, error.sentence)
    except Exception as error:
        log.error("a part failed", error=error)
        return problem(500, "internal", unexpected)
