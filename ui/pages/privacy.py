"""Consent texts, retention periods and erasures of the whole studio."""

from ui.i18n import _
from ui.pages.frame import begin_page, html
from ui.views.page import Heading, heading_html
from ui.views.templates import render


def build() -> None:
    """Lay the page: `ui/static/part.js` fills it from our routes."""
    begin_page("privacy")
    heading = Heading(
        _("Privacy"), _("What people consent to, how long what is kept, and who was erased."), back=True
    )
    html(heading_html(heading), elem_id="heading", on_load="Storykin.title(element)")
    html(render("part.html", address="/fragments/privacy", topic=""), elem_id="privacy", scripts=("part.js",))
