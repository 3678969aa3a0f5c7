"""What people were told of: a part of the Today page, and one of the Health page."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ui.handlers.told_notices import act_on_ways, news_page, put_away, ways_page
from ui.routes.parts import fragment, saved
from ui.services import StudioServices
from ui.views.told_notices import news_html, ways_html


def notices_router(services: StudioServices) -> APIRouter:
    """`/fragments/news` with `POST /notices/dismiss`, and `/fragments/notices` with `POST /notices/ways`."""
    routes = APIRouter()

    @routes.get("/fragments/news", include_in_schema=False)
    def news() -> Response:
        return fragment(lambda: news_html(news_page(services)))

    @routes.post("/notices/dismiss", include_in_schema=False)
    async def dismiss(request: Request) -> Response:
        return await saved(request, lambda said: news_html(put_away(services, said)))

    @routes.get("/fragments/notices", include_in_schema=False)
    def ways() -> Response:
        return fragment(lambda: ways_html(ways_page(services)))

    @routes.post("/notices/ways", include_in_schema=False)
    async def act(request: Request) -> Response:
        return await saved(request, lambda said: ways_html(act_on_ways(services, said)))

    return routes
