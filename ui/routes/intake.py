"""What the page that takes photos in asks of the server: a check, a price, a start, how the queue stands."""

from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from db.called import called
from db.errors import NotFound, RecordError, UserFacingError
from db.log import Log
from flows.request_run import AskedRun
from tasks.errors import DecoderBusy, OverBudget, PhotoRefused, StoreError, UsageError
from ui.handlers.detail import try_again
from ui.handlers.intake import MOST_RUNS, check_upload, estimate_of_list, queue_lines
from ui.handlers.runs import run_view
from ui.handlers.start import NewCharacter, form_faults, start_character
from ui.i18n import _, said
from ui.routes.problem import UNEXPECTED, problem, store_problem
from ui.routes.question import read_question, unclear
from ui.services import StudioServices
from ui.views.estimate import estimate_words
from ui.views.intake import QueueLine, check_document, people_documents, queue_line_html
from ui.views.new import WhichPerson
from ui.views.runs import run_html

LONGEST_QUESTION = 64 * 1024  # bytes of JSON
_NOT_KEPT = {"Cache-Control": "no-store"}

log = Log("studio")

Q = TypeVar("Q", bound=BaseModel)


class _Question(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class CheckQuestion(_Question):
    """Which upload is to be checked, and who in it is meant."""

    key: str = Field(max_length=200)
    face: str = Field(default="", max_length=100)


class Wish(_Question):
    """What a character is to be drawn in."""

    styles: list[str] = Field(max_length=100)
    resolution: str = Field(default="", max_length=40)


class EstimateQuestion(_Question):
    """All that is to be asked for."""

    wishes: list[Wish] = Field(max_length=1000)


class StartQuestion(Wish):
    """One character."""

    key: str = Field(max_length=200)
    name: str = Field(default="", max_length=2000)
    gender: str = Field(default="", max_length=40)
    framing: str = Field(default="", max_length=40)
    consent: bool = False
    consent_language: str = Field(default="en", max_length=16)
    face: str = Field(default="", max_length=100)

    def form(self) -> NewCharacter:
        """The same as the handler takes it."""
        return NewCharacter(
            photo_key=self.key,
            name=self.name,
            gender=self.gender,
            styles=tuple(self.styles),
            consent=self.consent,
            face=self.face or None,
            framing=self.framing,
            resolution=self.resolution,
            consent_language=self.consent_language,
        )


class AgainQuestion(_Question):
    """Which run is to be tried again."""

    run: str = Field(max_length=100)


def intake_router(services: StudioServices) -> APIRouter:
    """`POST /api/intake/check`, `/estimate`, `/start`, `/again`; `GET /api/intake/runs`, `/run`."""
    routes = APIRouter(prefix="/api/intake")

    @routes.post("/check", include_in_schema=False)
    async def check(request: Request) -> Response:
        def answer(asked: CheckQuestion) -> Response:
            return _document(check_document(check_upload(services, asked.key, asked.face or None)))

        return await _answered(request, CheckQuestion, answer)

    @routes.post("/estimate", include_in_schema=False)
    async def estimate(request: Request) -> Response:
        def answer(asked: EstimateQuestion) -> Response:
            found = estimate_of_list(services, [(each.styles, each.resolution) for each in asked.wishes])
            return _document({"sentence": estimate_words(found), "problem": found.problem})

        return await _answered(request, EstimateQuestion, answer)

    @routes.post("/start", include_in_schema=False)
    async def start(request: Request) -> Response:
        return await _answered(request, StartQuestion, lambda asked: _start(services, asked.form()))

    @routes.post("/again", include_in_schema=False)
    async def again(request: Request) -> Response:
        def answer(asked: AgainQuestion) -> Response:
            view = run_view(services, asked.run)
            if view is None:
                raise UsageError("There is no such run.", code="unknown_run")
            return _document(_asked_document(try_again(services, view.character_id)))

        return await _answered(request, AgainQuestion, answer)

    @routes.get("/runs", include_in_schema=False)
    def runs(run: list[str] = Query(default=[], max_length=MOST_RUNS)) -> Response:  # noqa: B008
        return _told(lambda: _document({"runs": [_line(each) for each in queue_lines(services, run)]}))

    @routes.get("/run", include_in_schema=False)
    def one(run: str = Query(default="", max_length=100)) -> Response:
        return _told(lambda: HTMLResponse(run_html(run_view(services, run)), headers=_NOT_KEPT))

    return routes


def _line(line: QueueLine) -> dict[str, object]:
    run = line.run
    return {
        "run": run.run_token,
        "character": run.character_id,
        "state": run.state.value,
        "over": run.state.over,
        "rev": run.progress.revision,
        "name": run.name,
        "html": queue_line_html(line),
    }


def _start(services: StudioServices, form: NewCharacter) -> Response:
    faults = form_faults(form)
    if faults:
        fields = [{"field": each.field, "code": each.code, "sentence": _(each.sentence)} for each in faults]
        return JSONResponse(fields[0] | {"fields": fields}, 422, headers=_NOT_KEPT)
    result = start_character(services, form)
    if isinstance(result, WhichPerson):
        content = {
            "code": "several_faces",
            "sentence": _(result.sentence),
            "people": people_documents(result.faces),
        }
        return JSONResponse(content, 409, headers=_NOT_KEPT)
    # From now on it is a character, and called as they are.
    return _document(_asked_document(result) | {"name": called(form.name, result.character_id)})


def _asked_document(asked: AskedRun) -> dict[str, object]:
    return {
        "run": asked.run_token,
        "character": asked.character_id,
        "problem": said(asked.problem),
        "notices": [said(each) for each in asked.notices],
    }


async def _answered(request: Request, kind: type[Q], answer: Callable[[Q], Response]) -> Response:
    """The answer to a JSON question of this kind, worked out on a thread."""
    question = await read_question(request, kind, LONGEST_QUESTION)
    if question is None:
        return unclear()
    return await run_in_threadpool(_told, lambda: answer(question))


def _told(answer: Callable[[], Response]) -> Response:
    """What `answer` gives, or what kept it from it, as a code and a sentence."""
    try:
        return answer()
    except DecoderBusy as error:
        return problem(503, error.code, error.sentence, retry_after=error.retry_after)
    except StoreError as error:
        return store_problem(error)
    except UserFacingError as error:
        return problem(_status(error), error.code, error.sentence)
    except Exception as error:
        log.error("studio question failed", error=error)
        return problem(500, "internal", UNEXPECTED)


def _status(error: UserFacingError) -> int:
    if isinstance(error, NotFound):
        return 404
    if isinstance(error, RecordError):
        return 503
    if isinstance(error, UsageError | PhotoRefused):
        return 410 if error.code == "photo_gone" else 422
    return 409 if isinstance(error, OverBudget) else 503


def _document(content: object) -> Response:
    return JSONResponse(content, headers=_NOT_KEPT)
