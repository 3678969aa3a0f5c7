"""The report of a batch, as one page to keep."""

from tasks.giving.audit import enter_given_out
from ui.acting import acting_id
from ui.services import StudioServices


def report_page(services: StudioServices, batch_id: str) -> str:
    """The page; whose pictures are on it is entered in the audit log. NotFound, UsageError (`not_begun`)."""
    from tasks.reports.figures import batch_report  # noqa: PLC0415 - pandas is slow to import, and large
    from tasks.reports.page import report_html  # noqa: PLC0415

    page, given = report_html(services.runtime, batch_report(services.runtime, batch_id=batch_id))
    enter_given_out(services.record, given, "report", by=acting_id())
    return page
