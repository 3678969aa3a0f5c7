"""`/support/{token}`: one character's timeline for whoever was given the link, without the person."""

from dataclasses import dataclass, field

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tasks.support.links import NoSupportLink, check_support_link, look
from ui.handlers.support import change_support, support_panel
from ui.i18n import N_, chosen_language, speaking
from ui.routes.parts import fragment, saved
from ui.routes.proof import neighbourhood
from ui.routes.upload_quota import UploadQuota
from ui.services import StudioServices
from ui.views.support import no_support_html, support_html, support_panel_html

HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
_TOO_OFTEN = N_("This was asked for very often just now. Wait a few minutes, then open the link again.")
_NOTHING = N_("This link is good for nothing, or not any more. Ask whoever gave it to you.")


def _times(most: int) -> UploadQuota:
    return UploadQuota(uploads=most, megabytes=1)


@dataclass
class SupportLimits:
    """How many looks in ten minutes: by a link, and by a network that guesses."""

    looks: UploadQuota = field(default_factory=lambda: _times(60))
    strangers: UploadQuota = field(default_factory=lambda: _times(30))


def support_router(services: StudioServices, limits: SupportLimits | None = None) -> APIRouter:
    """`GET /support/{token}`; and `GET` and `POST /character/{id}/support`, where links are made."""
    routes, most = APIRouter(), limits or SupportLimits()

    @routes.get("/support/{token}", include_in_schema=False)
    def page(request: Request, token: str) -> Response:
        with speaking(chosen_language(request.headers)):
            try:
                link_id = check_support_link(services.record, token)
            except NoSupportLink:
                wait = most.strangers.take(neighbourhood(request), 0)
                return _too_often(wait) if wait else _answer(no_support_html(_NOTHING), 404)
            wait = most.looks.take(link_id, 0)
            if wait:
                return _too_often(wait)
            try:
                return _answer(support_html(look(services.record, token)), 200)
            except NoSupportLink:  # withdrawn since
                return _answer(no_support_html(_NOTHING), 404)

    @routes.get("/character/{character_id}/support", include_in_schema=False)
    def part(character_id: str) -> Response:
        return fragment(lambda: support_panel_html(support_panel(services, character_id)))

    @routes.post("/character/{character_id}/support", include_in_schema=False)
    async def change(character_id: str, request: Request) -> Response:
        return await saved(
            request, lambda said: support_panel_html(change_support(services, character_id, said))
        )

    return routes


def _too_often(wait: float) -> Response:
    answer = _answer(no_support_html(_TOO_OFTEN), 429)
    answer.headers["Retry-After"] = str(max(1, round(wait)))
    return answer


def _answer(page: str, status: int) -> Response:
    return HTMLResponse(page, status, headers=HEADERS)
