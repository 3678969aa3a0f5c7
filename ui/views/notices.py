"""Notices above every page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flows.restarts import Restart
from tasks.accounts.own import Notice
from ui.i18n import N_
from ui.views.browsers import browser_words, network_words
from ui.views.templates import render

PARTS = (N_("Prefect server"), N_("database of Prefect"), N_("worker"), N_("studio"))  # as services call them


@dataclass(frozen=True)
class RestartNotice:
    """The restarts of the last day, summed up."""

    id: str  # changes with every new one, so that who has dismissed it hears of the next
    last: Restart
    at: datetime
    count: int


@dataclass(frozen=True)
class StoreNotice:
    """One thing that is wrong, and the way on."""

    id: str
    title: str
    sentence: str


def notices_html(notice: RestartNotice | None) -> str:
    """The notice of restarts; "" when there is nothing to say."""
    return "" if notice is None else render("notices.html", notice=notice)


def store_notices_html(notices: Sequence[StoreNotice]) -> str:
    """What is wrong with the store; it stays until it is put right."""
    return render("store_notices.html", notices=notices)


def new_browser_html(notices: Sequence[Notice]) -> str:
    """That somebody has signed in as this person with a browser not known before; "" for nobody."""
    if not notices:
        return ""
    newest = notices[0]
    return render(
        "new_browser.html",
        newest=newest,
        count=len(notices),
        browser=browser_words(newest.agent),
        network=network_words(newest.address),
    )
