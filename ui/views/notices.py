"""Notices above every page."""

from collections.abc import Sequence

from ui.handlers.notices import RestartNotice
from ui.handlers.store_notices import StoreNotice
from ui.views.templates import render


def notices_html(notice: RestartNotice | None) -> str:
    """The notice of restarts; "" when there is nothing to say."""
    return "" if notice is None else render("notices.html", notice=notice)


def store_notices_html(notices: Sequence[StoreNotice]) -> str:
    """What is wrong with the store; it stays until it is put right."""
    return render("store_notices.html", notices=notices)
