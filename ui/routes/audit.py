"""`/audit`: who did what, for administrators and auditors; the state of the log, and all of it as CSV."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response, StreamingResponse

from db.engine import Record
from db.errors import UserFacingError
from tasks.accounts.person import STUDIO
from tasks.audit.listing import AuditFilter, audit_csv, audit_page, who_acted
from tasks.audit.verify import verify
from tasks.settings import provider_settings
from ui.acting import acting_id
from ui.routes.parts import fragment
from ui.routes.problem import problem
from ui.routes.whole_number import whole_number
from ui.views.audit import Asked, audit_html, audit_state_html

AUDIT = "/audit"


def audit_router(record: Record) -> APIRouter:
    """`GET /audit`, `/audit/state` (the log verified) and `/audit/entries.csv`."""
    routes = APIRouter()

    @routes.get(AUDIT, include_in_schema=False)
    def page(
        who: str = "", act: str = "", what: str = "", since: str = "", until: str = "", before: str = ""
    ) -> Response:
        asked = Asked(who[:128], act[:48], what[:64], _day(since), _day(until))

        def make() -> Response:
            shown = audit_page(record, _filter(asked), before=whole_number(before))
            html = audit_html(asked, shown, who_acted(record), is_first=not before)
            return HTMLResponse(html, headers={"Cache-Control": "no-store"})

        return _answered(make)

    @routes.get(f"{AUDIT}/state", include_in_schema=False)
    def state() -> Response:
        return fragment(lambda: audit_state_html(verify(record)))

    @routes.get(f"{AUDIT}/entries.csv", include_in_schema=False)
    def table(who: str = "", act: str = "", what: str = "", since: str = "", until: str = "") -> Response:
        asked = Asked(who[:128], act[:48], what[:64], _day(since), _day(until))
        headers = {
            "Cache-Control": "no-store",
            "Content-Disposition": 'attachment; filename="audit-log.csv"',
        }

        def make() -> Response:
            rows = audit_csv(record, _filter(asked), by=acting_id(), via=STUDIO)
            return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)

        return _answered(make)

    return routes


def _filter(asked: Asked) -> AuditFilter:
    """Days are those of the studio's time zone, the last one with it."""
    return AuditFilter(
        who=asked.who,
        act=asked.act,
        what=asked.what,
        since=_midnight(asked.since),
        until=_midnight(asked.until, 1),
    )


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def _midnight(day: date | None, days_later: int = 0) -> datetime | None:
    if day is None:
        return None
    try:
        return datetime.combine(day + timedelta(days=days_later), time(), provider_settings().zone)
    except OverflowError:  # the last day of the calendar
        return None


def _answered(make: Callable[[], Response]) -> Response:
    try:
        return make()
    except UserFacingError as error:
        return problem(409, error.code, error.sentence)
