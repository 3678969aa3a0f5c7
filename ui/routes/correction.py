"""The panels on the character's page that a person corrects things in: fragments, and JSON that saves.

Gradio would send the whole page for each keystroke's worth of editing and lose what is typed at every tick,
so these talk to routes of their own. `ui/static/profile.js` is the other side.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ui.handlers.correction import details_panel, profile_panel, save_details, save_profile
from ui.i18n import N_
from ui.routes.parts import NOT_STORED, answered, form_answered, html_answer
from ui.services import StudioServices
from ui.views.correction import (
    DetailsPanel,
    ProfileConflict,
    conflict_html,
    details_panel_html,
    no_profile_html,
    profile_panel_html,
)

LONGEST_BODY = 256 * 1024  # bytes
UNEXPECTED = N_("Something went wrong inside Storykin. Nothing was saved; its log has the reason. Try again.")


def correction_router(services: StudioServices) -> APIRouter:
    """`GET` (a fragment) and `POST` (JSON in, a fragment out) of `/character/{id}/profile` and `…/details`.

    409 with the newest version and both sides where an edit came too late; problems as everywhere.
    """
    routes = APIRouter()
    saved = partial(form_answered, longest=LONGEST_BODY, unexpected=UNEXPECTED)

    @routes.get("/character/{character_id}/profile", include_in_schema=False)
    def profile(character_id: str, compare: str = "") -> Response:
        return answered(lambda: _profile(services, character_id, compare), UNEXPECTED)

    @routes.post("/character/{character_id}/profile", include_in_schema=False)
    async def correct(character_id: str, request: Request) -> Response:
        return await saved(request, lambda form: _correct(services, character_id, form))

    @routes.get("/character/{character_id}/details", include_in_schema=False)
    def details(character_id: str) -> Response:
        return answered(lambda: _details(details_panel(services, character_id)), UNEXPECTED)

    @routes.post("/character/{character_id}/details", include_in_schema=False)
    async def change(character_id: str, request: Request) -> Response:
        return await saved(request, lambda form: _details(save_details(services, character_id, form)))

    return routes


def _profile(services: StudioServices, character_id: str, compare: str) -> Response:
    panel = profile_panel(services, character_id, compare=compare[:40])
    under_way = panel is None and details_panel(services, character_id).under_way
    return html_answer(profile_panel_html(panel) if panel else no_profile_html(under_way))


def _details(panel: DetailsPanel) -> Response:
    return html_answer(details_panel_html(panel))


def _correct(services: StudioServices, character_id: str, document: Mapping[str, Any]) -> Response:
    found = save_profile(services, character_id, document)
    if isinstance(found, ProfileConflict):
        content = {"code": "profile_moved_on", "newest": found.newest, "html": conflict_html(found)}
        return JSONResponse(content, 409, headers=NOT_STORED)
    return html_answer(profile_panel_html(found))
