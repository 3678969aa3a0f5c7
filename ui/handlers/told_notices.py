"""What people were told of, as the Today page lists it, and the ways out as the Health page shows them."""

from collections.abc import Mapping
from typing import Any

from db.models import Notice
from db.repositories import characters, notices
from tasks.errors import UsageError
from tasks.notices import book
from tasks.notices.delivery import channels
from tasks.notices.words import words_of
from ui.services import StudioServices
from ui.views.told_notices import DeadNotice, News, NewsPage, WaysPage

MOST_NEWS = 8
MOST_DEAD = 20


def news_page(services: StudioServices) -> NewsPage:
    """What nobody has put away, the newest first; characters are called as on other pages. RecordError."""
    with services.record.reading() as session:
        found = notices.newest(session, MOST_NEWS, since=book.news_since(session), dismissed=False)
        ids = [each.character_id for each in found if each.character_id]
        names = {each.id: each.name for each in characters.cards_of(session, ids)}
        return NewsPage(tuple(_news(each, names.get(each.character_id or "", "")) for each in found))


def put_away(services: StudioServices, said: Mapping[str, Any]) -> NewsPage:
    """Put one notice away, or all that were shown, for everybody; the list anew. UsageError."""
    ids = str(said.get("notice") or "").split()[:MOST_NEWS]
    if not ids:
        raise UsageError("No notice was named.", code="usage")
    book.dismiss(services.record, ids)
    return news_page(services)


def ways_page(services: StudioServices, told: str = "") -> WaysPage:
    """The ways out, and what was given up on them. RecordError, BadSettings."""
    ways = book.channels_seen(services.record, channels())
    dead = book.newest(services.record, MOST_DEAD, dead=True) if any(each.dead for each in ways) else ()
    return WaysPage(ways, tuple(DeadNotice.of(each) for each in dead), told)


def act_on_ways(services: StudioServices, said: Mapping[str, Any]) -> WaysPage:
    """Have what was given up tried again; the part anew. UsageError for anything else."""
    if said.get("act") != "retry":
        raise UsageError("There is no such thing to do with notices.", code="usage")
    book.try_again(services.record)
    return ways_page(services)


def _news(notice: Notice, name: str) -> News:
    return News(notice.id, notice.kind, notice.created_at, words_of(notice, name))
