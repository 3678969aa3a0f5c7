"""What the review page asks: the queue, one character as a fragment, where its eyes are; and decisions."""

from collections.abc import Callable

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from db.errors import Conflict, IllegalStep, NotFound, UserFacingError
from db.log import Log
from db.models import Review
from db.repositories.decisions import Seen
from tasks.errors import UsageError
from tasks.review.reasons import LONGEST_NOTE
from ui.eye_places import EyePlaces
from ui.handlers.review import decide_picture, review_card, review_list, standings, undo_decision
from ui.routes.problem import UNEXPECTED, problem
from ui.routes.question import read_question, unclear
from ui.services import StudioServices
from ui.views.review import Show, eyes_words, review_card_html

log = Log("studio")

_FRESH = {"Cache-Control": "no-store"}
_STATUS: tuple[tuple[type[UserFacingError], int], ...] = (
    (NotFound, 404),
    (Conflict, 409),
    (IllegalStep, 409),
    (UsageError, 422),
)


class Act(BaseModel):
    """A decision as the page sends it, with how things stood there."""

    model_config = ConfigDict(strict=True, extra="forbid")

    act: str = Field(max_length=32)
    character: str = Field(max_length=36)
    image: str = Field(max_length=36)
    seen_review: str = Field(default="", max_length=32)
    seen_favourite: str | None = Field(default=None, max_length=36)
    code: str = Field(default="", max_length=32)
    note: str = Field(default="", max_length=LONGEST_NOTE * 4)

    @property
    def seen(self) -> Seen:
        """How things stood; what makes no sense counts as not said."""
        known = {each.value for each in Review}
        review = Review(self.seen_review) if self.seen_review in known else None
        return Seen(review, self.seen_favourite)


class Back(BaseModel):
    """Which decision is taken back."""

    model_config = ConfigDict(strict=True, extra="forbid")

    event: str = Field(max_length=36)


def review_router(services: StudioServices, eyes: EyePlaces | None = None) -> APIRouter:
    """`GET /review/queue`, `/review/card`, `/review/eyes`; `POST /review/decide`, `/review/undo`.

    Whoever passes `eyes` closes it.
    """
    routes = APIRouter()
    eyes = eyes or EyePlaces(services.runtime)

    @routes.get("/review/queue", include_in_schema=False)
    def queue(show: str = "", after: str = "", also: str = "") -> Response:
        def answer() -> Response:
            wanted = Show(show) if show in {each.value for each in Show} else Show.WAITING
            found = review_list(services, wanted, after=after, also=also)
            content = {"ids": found.ids, "waiting": found.waiting, "missing": found.missing}
            return JSONResponse(content, headers=_FRESH)

        return _told(answer)

    @routes.get("/review/card", include_in_schema=False)
    def card(id: str = "") -> Response:
        return _told(lambda: HTMLResponse(review_card_html(review_card(services, eyes, id)), headers=_FRESH))

    @routes.get("/review/eyes", include_in_schema=False)
    def places(id: str = "") -> Response:
        """Where the eyes are, by picture ("photo" for the photo); what is not looked at yet is left out."""

        def answer() -> Response:
            shown = review_card(services, eyes, id)
            seen = {each.image_id: eyes_words(each.eyes) for each in shown.pictures if each.looked_at}
            if shown.photo and shown.photo.looked_at:
                seen["photo"] = eyes_words(shown.photo.eyes)
            return JSONResponse(seen, headers=_FRESH)

        return _told(answer)

    @routes.post("/review/decide", include_in_schema=False)
    async def decide_now(request: Request) -> Response:
        asked = await read_question(request, Act)
        return await run_in_threadpool(_told, lambda: _decide(services, asked)) if asked else unclear()

    @routes.post("/review/undo", include_in_schema=False)
    async def undo(request: Request) -> Response:
        asked = await read_question(request, Back)
        return await run_in_threadpool(_told, lambda: _undo(services, asked)) if asked else unclear()

    return routes


def _decide(services: StudioServices, asked: Act) -> Response:
    made = decide_picture(
        services,
        asked.act,
        character_id=asked.character,
        image_id=asked.image,
        seen=asked.seen,
        code=asked.code,
        note=asked.note,
    )
    return _standing(services, made.character_id, made.image_id, made.event_id)


def _undo(services: StudioServices, asked: Back) -> Response:
    made = undo_decision(services, asked.event)
    return _standing(services, made.character_id, made.image_id, "")


def _standing(services: StudioServices, character_id: str, image_id: str, event_id: str) -> Response:
    standing, waiting = standings(services, character_id)
    pictures = [
        {
            "image": each.image_id,
            "review": each.review.value,
            "reason": each.reason,
            "hidden": each.hidden,
            "favourite": each.favourite,
        }
        for each in standing
    ]
    content = {"character": character_id, "image": image_id, "event": event_id, "waiting": waiting}
    return JSONResponse(content | {"pictures": pictures}, headers=_FRESH)


def _told(answer: Callable[[], Response]) -> Response:
    """What `answer` gives, or the problem it raised, in words."""
    try:
        return answer()
    except UserFacingError as error:
        status = next((status for kind, status in _STATUS if isinstance(error, kind)), 503)
        return problem(status, error.code, error.sentence)
    except Exception as error:
        log.error("review failed", error=error)
        return problem(500, "unexpected", UNEXPECTED)
