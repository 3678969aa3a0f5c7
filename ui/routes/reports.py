"""The report of a time: a form on the Costs page, and the page that it opens."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import PlainTextResponse, Response

from db.errors import UserFacingError
from tasks.errors import UsageError
from ui.handlers.period_report import period_page, usual_days
from ui.i18n import _
from ui.routes.batches import REPORT_HEADERS
from ui.routes.parts import fragment
from ui.services import StudioServices
from ui.views.reports import report_form_html


def reports_router(services: StudioServices) -> APIRouter:
    """`GET /reports/period.html?from=&to=`: one page that needs nothing. `/fragments/reports` asks for it."""
    routes = APIRouter()

    @routes.get("/fragments/reports", include_in_schema=False)
    def form() -> Response:
        return fragment(lambda: report_form_html(*usual_days(services)))

    @routes.get("/reports/period.html", include_in_schema=False)
    def report(
        first: Annotated[str, Query(alias="from", max_length=10)] = "",
        last: Annotated[str, Query(alias="to", max_length=10)] = "",
    ) -> Response:
        try:
            page = period_page(services, first, last)
        except UserFacingError as error:  # a person has opened it: in words, and not as JSON
            status = 422 if isinstance(error, UsageError) else 503
            return PlainTextResponse(_(error.sentence), status)
        return Response(page, media_type="text/html", headers=REPORT_HEADERS)

    return routes
