"""`/character/{id}/customer`: the links that an operator makes for a character's customer."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ui.handlers.customer import change_link, customer_panel
from ui.routes.parts import fragment, saved
from ui.services import StudioServices
from ui.views.customer import customer_panel_html


def customer_router(services: StudioServices) -> APIRouter:
    """`GET` (the part) and `POST` (`{"act": "make" | "renew" | "withdraw", …}`, the part anew)."""
    routes = APIRouter()

    @routes.get("/character/{character_id}/customer", include_in_schema=False)
    def part(character_id: str) -> Response:
        return fragment(lambda: customer_panel_html(customer_panel(services, character_id)))

    @routes.post("/character/{character_id}/customer", include_in_schema=False)
    async def change(character_id: str, request: Request) -> Response:
        return await saved(
            request, lambda said: customer_panel_html(change_link(services, character_id, said))
        )

    return routes
