"""The panels on the character's page that a person corrects things in: fragments, and JSON that saves.

Gradio would send the whole page for each keystroke's worth of editing and lose what is typed at every tick,
so these talk to routes of their own. `ui/static/profile.js` is the other side.
"""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from db.errors import NotFound, UserFacingError
from db.log import Log
from flows.request_body import BodyTooLong, read_body
from tasks import strict_json
from tasks.errors import UsageError
from ui.handlers.correction import details_panel, profile_panel, save_details, save_profile
from ui.i18n import N_
from ui.routes.problem import problem
from ui.services import StudioServices
from ui.views.correction import (
    ProfileConflict,
    conflict_html,
    details_panel_html,
    no_profile_html,
    profile_panel_html,
)

LONGEST_BODY = 256 * 1024  # bytes
NOT_STORED = {"Cache-Control": "no-store"}
UNEXPECTED = N_("Something went wrong inside Storykin. Nothing was saved; its log has the reason. Try again.")

log = Log("studio")


def correction_router(services: StudioServices) -> APIRouter:
    """`GET` (a fragment) and `POST` (JSON in, a fragment out) of `/character/{id}/profile` and `…/details`.

    409 with the newest version and both sides where an edit came too late; problems as everywhere.
    """
    routes = APIRouter()

    @routes.get("/character/{character_id}/profile", include_in_schema=False)
    def profile(character_id: str, compare: str = "") -> Response:
        return _answered(lambda: _profile(services, character_id, compare))

    @routes.post("/character/{character_id}/profile", include_in_schema=False)
    async def correct(character_id: str, request: Request) -> Response:
        return await _saved(request, lambda document: _correct(services, character_id, document))

    @routes.get("/character/{character_id}/details", include_in_schema=False)
    def details(character_id: str) -> Response:
        return _answered(lambda: _fragment(details_panel_html(details_panel(services, character_id))))

    @routes.post("/character/{character_id}/details", include_in_schema=False)
    async def change(character_id: str, request: Request) -> Response:
        return await _saved(
            request,
            lambda document: _fragment(details_panel_html(save_details(services, character_id, document))),
        )

    return routes


def _profile(services: StudioServices, character_id: str, compare: str) -> Response:
    panel = profile_panel(services, character_id, compare=compare[:40])
    under_way = panel is None and details_panel(services, character_id).under_way
    return _fragment(profile_panel_html(panel) if panel else no_profile_html(under_way))


def _correct(services: StudioServices, character_id: str, document: Mapping[str, Any]) -> Response:
    found = save_profile(services, character_id, document)
    if isinstance(found, ProfileConflict):
        content = {"code": "profile_moved_on", "newest": found.newest, "html": conflict_html(found)}
        return JSONResponse(content, 409, headers=NOT_STORED)
    return _fragment(profile_panel_html(found))


async def _saved(request: Request, save: Callable[[Mapping[str, Any]], Response]) -> Response:
    try:
        document = strict_json.loads(await read_body(request, LONGEST_BODY))
    except BodyTooLong:
        return problem(413, "too_large", N_("This is too much for one form."))
    except strict_json.NotJson:
        return problem(400, "bad_json", "This request is no JSON document.")
    if not isinstance(document, dict):
        return problem(400, "bad_json", "This request is no form.")
    return await run_in_threadpool(_answered, lambda: save(document))


def _answered(answer: Callable[[], Response]) -> Response:
    try:
        return answer()
    except NotFound as error:
        return problem(404, error.code, error.sentence)
    except UsageError as error:
        return problem(422, error.code, error.sentence)
    except UserFacingError as error:
        return problem(409, error.code, error.sentence)
    except Exception as error:
        log.error("a correction failed", error=error)
        return problem(500, "internal", UNEXPECTED)


def _fragment(html: str) -> Response:
    return HTMLResponse(html, headers=NOT_STORED)
