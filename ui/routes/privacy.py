"""A character's photo and consent, its access archive and erasure; the studio's texts, periods, erasures."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ui.handlers.privacy import (
    access_zip,
    certificate_file,
    change_consent,
    consent_panel,
    erase,
    privacy_page,
    save_text,
)
from ui.routes.parts import answered, fragment, saved
from ui.services import StudioServices
from ui.views.privacy import consent_panel_html, privacy_html

_FILE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


def privacy_router(services: StudioServices) -> APIRouter:
    """`/character/{id}/consent`, `…/erase`, `…/access.zip`; `/erasures/{id}/certificate.{form}`;
    `/fragments/privacy` and `/privacy/texts`.
    """
    routes = APIRouter()

    @routes.get("/character/{character_id}/consent", include_in_schema=False)
    def part(character_id: str) -> Response:
        return fragment(lambda: consent_panel_html(consent_panel(services, character_id)))

    @routes.post("/character/{character_id}/consent", include_in_schema=False)
    async def change(character_id: str, request: Request) -> Response:
        return await saved(
            request, lambda said: consent_panel_html(change_consent(services, character_id, said))
        )

    @routes.post("/character/{character_id}/erase", include_in_schema=False)
    async def erase_now(character_id: str, request: Request) -> Response:
        return await saved(request, lambda said: consent_panel_html(erase(services, character_id, said)))

    @routes.get("/character/{character_id}/access.zip", include_in_schema=False)
    def access(character_id: str) -> Response:
        return answered(
            lambda: _file(access_zip(services, character_id), "application/zip", f"{character_id}.zip")
        )

    @routes.get("/erasures/{erasure_id}/certificate.{form}", include_in_schema=False)
    def certificate(erasure_id: str, form: str) -> Response:
        def make() -> Response:
            data, content_type = certificate_file(services, erasure_id, form)
            return _file(data, content_type, f"erasure {erasure_id}.{form}")

        return answered(make)

    @routes.get("/fragments/privacy", include_in_schema=False)
    def page() -> Response:
        return fragment(lambda: privacy_html(privacy_page(services)))

    @routes.post("/privacy/texts", include_in_schema=False)
    async def write(request: Request) -> Response:
        return await saved(request, lambda said: privacy_html(save_text(services, said)))

    return routes


def _file(data: bytes, content_type: str, name: str) -> Response:
    headers = _FILE | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=content_type, headers=headers)
