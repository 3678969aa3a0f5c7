"""Notices above every page."""

from ui.handlers.notices import RestartNotice
from ui.views.templates import render


def notices_html(notice: RestartNotice | None) -> str:
    """The notice of restarts; "" when there is nothing to say."""
    return "" if notice is None else render("notices.html", notice=notice)
