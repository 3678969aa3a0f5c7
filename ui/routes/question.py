"""A question that a page of ours asks as JSON, read no further than it may be long."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from flows.request_body import BodyTooLong, read_body
from tasks import strict_json
from ui.i18n import N_
from ui.routes.problem import problem

LONGEST_QUESTION = 4096  # bytes of JSON
UNCLEAR = N_("This page and the studio don't understand each other. Reload it.")

Question = TypeVar("Question", bound=BaseModel)


async def read_question(
    request: Request, kind: type[Question], longest: int = LONGEST_QUESTION
) -> Question | None:
    """The body as `kind`; None for one that is none, is longer than `longest` bytes or breaks off."""
    try:
        return kind.model_validate(strict_json.loads(await read_body(request, longest)))
    except (strict_json.NotJson, ValidationError, BodyTooLong, ClientDisconnect):
        return None


def unclear() -> JSONResponse:
    """The answer where there is no question."""
    return problem(422, "bad_question", UNCLEAR)
