"""The page that stands in for Prefect's dashboard where it can't be shown."""

from ui.i18n import _
from ui.views.templates import render


def dashboard_closed_html(sentence: str) -> str:
    """Why the dashboard is not shown, and what to do."""
    return render("dashboard_closed.html", sentence=_(sentence))
