"""The list of characters: search, filters, order, page."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from time import monotonic
from typing import TypeVar
from urllib.parse import parse_qsl
from weakref import WeakKeyDictionary

from db.engine import Record, Session
from db.models import Batch, CharacterStatus, Review
from db.repositories import batches, listing, saved_views, tags
from db.repositories.characters import CharacterCard
from db.repositories.listing import ATTENTION, Counted, Counts, Search, Show, Sort, find
from ui.handlers.customer import customer_words
from ui.i18n import N_, _, said
from ui.links import MediaLinks
from ui.services import StudioServices
from ui.views.characters import PAGE_SIZE, SIZES, Card, Choice, Choices, Filter, Listing, View
from ui.views.pictures import style_label
from ui.views.words import STATUS_WORDS, provider_label

LONGEST_QUERY = 120
LONGEST_WORD = 64
SHOWN = (
    CharacterStatus.READY,
    CharacterStatus.ILLUSTRATING,
    CharacterStatus.PROFILING,
    CharacterStatus.QUEUED,
    CharacterStatus.NEEDS_ATTENTION,
    CharacterStatus.FAILED,
    CharacterStatus.DRAFT,
)
SHOW_WORDS = {
    Show.REVIEW: N_("Waiting for review"),
    Show.UNFAVOURED: N_("Favourite missing"),
    Show.ATTENTION: N_("Needs attention"),
    Show.CHANGE: N_("Change asked for"),
    Show.CUSTOMER: N_("Waiting for the customer"),
    Show.APPROVED: N_("Approved by the customer"),
}
REVIEW_WORDS = {
    Review.PROPOSED: N_("Proposed"),
    Review.APPROVED: N_("Approved"),
    Review.LOCKED: N_("Locked"),
    Review.REJECTED: N_("Rejected"),
}
MOST_TAGS, MOST_BATCHES = 40, 12

Word = TypeVar("Word", bound=StrEnum)


def filter_of_address(said: Mapping[str, str]) -> Filter:
    """The filter in an address: `?q=&status=&p=`, and the other fields of a Filter.

    What makes no sense counts as not said.
    """

    def word(name: str) -> str:
        return " ".join(str(said.get(name) or "").split())[:LONGEST_WORD]

    return Filter(
        query=" ".join(str(said.get("q") or "").split())[:LONGEST_QUERY],
        status=_one_of(CharacterStatus, word("status")),
        page=max(1, _number(word("p"), 1)),
        show=_one_of(Show, word("show")),
        style=word("style"),
        provider=word("provider"),
        review=_one_of(Review, word("review")) or "",
        since=_day(word("from")),
        until=_day(word("to")),
        batch=word("batch"),
        tag=word("tag"),
        sort=_one_of(Sort, word("sort")) or Sort.NEWEST,
        size=size if (size := _number(word("size"), PAGE_SIZE)) in SIZES else PAGE_SIZE,
    )


def search_of(wanted: Filter) -> Search:
    """What the record is asked for."""
    return Search(
        query=wanted.query,
        status=wanted.status,
        show=wanted.show,
        style=wanted.style,
        provider=wanted.provider,
        review=wanted.review,
        since=_midnight(wanted.since) if wanted.since else None,
        until=_midnight(wanted.until) + timedelta(days=1) if wanted.until else None,
        batch_id=wanted.batch,
        tag=wanted.tag,
        sort=wanted.sort,
    )


def found_at(services: StudioServices, address: str, *, most: int) -> list[str]:
    """Ids of all that the list at this address finds, on whichever page; of more than `most` one more."""
    wanted = search_of(filter_of_address(dict(parse_qsl(address.removeprefix("?")))))
    with services.record.reading() as session:
        return listing.ids(session, wanted, limit=most + 1)


def list_characters(services: StudioServices, wanted: Filter) -> Listing:
    """The page of the list that `wanted` names; the last one when it asks for a page beyond."""
    search, size = search_of(wanted), wanted.size
    with services.record.reading() as session:
        counted = _groups.setdefault(services.record, Counted())
        found = find(session, search, offset=(wanted.page - 1) * size, limit=size, counted=counted)
        number = min(wanted.page, max(1, -(-found.total // size)))
        if number != wanted.page:
            found = find(session, search, offset=(number - 1) * size, limit=size, counted=counted)
        tagged = _tag_counts(services.record, session)
        newest = batches.newest(session, MOST_BATCHES)
        views = saved_views.every(session)
    return Listing(
        Filter(**{**vars(wanted), "page": number}),
        tuple(_card(each, services.links) for each in found.items),
        found.total,
        _choices(found.counts, tagged, newest, wanted),
        tuple(View(each.id, each.name, each.address) for each in views),
    )


_groups: WeakKeyDictionary[Record, Counted] = WeakKeyDictionary()
_counted: WeakKeyDictionary[Record, tuple[float, list[tuple[str, int]]]] = WeakKeyDictionary()


def _tag_counts(record: Record, session: Session) -> list[tuple[str, int]]:
    """The tags in use. Counting them reads every one, so it is not done for every look at the list."""
    now = monotonic()
    until, known = _counted.get(record, (0.0, []))
    if now >= until:
        known = tags.counts(session, MOST_TAGS)
        # What took long is kept for longer: at most a hundredth of the time is spent counting.
        _counted[record] = (monotonic() + 100 * (monotonic() - now), known)
    return known


def _one_of(kind: type[Word], word: str) -> Word | None:
    return kind(word) if word in {each.value for each in kind} else None


def _number(word: str, usual: int) -> int:
    return int(word) if word.isascii() and word.isdigit() and len(word) < 10 else usual


def _day(word: str) -> date | None:
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _choices(
    counts: Counts, tagged: Iterable[tuple[str, int]], newest: Iterable[Batch], wanted: Filter
) -> Choices:
    shown = [each for each in SHOWN if counts.status[each] or each is wanted.status]
    styles = dict.fromkeys((*counts.style, *filter(None, [wanted.style])))
    providers = dict.fromkeys((*counts.provider, *filter(None, [wanted.provider])))
    tag_counts = dict(tagged)
    if wanted.tag:
        tag_counts.setdefault(wanted.tag, 0)
    return Choices(
        status=(
            Choice("", _("All"), counts.any_status),
            *(Choice(each.value, _(STATUS_WORDS[each]), counts.status[each]) for each in shown),
        ),
        show=tuple(Choice(each.value, _(SHOW_WORDS[each]), counts.show[each]) for each in SHOW_WORDS),
        style=tuple(Choice(each, style_label(each), counts.style.get(each, 0)) for each in styles),
        provider=tuple(
            Choice(each, provider_label(each), counts.provider.get(each, 0)) for each in providers
        ),
        review=tuple(
            Choice(each.value, _(REVIEW_WORDS[each]), counts.review.get(each, 0)) for each in Review
        ),
        tag=tuple(Choice(each, each, count) for each, count in tag_counts.items()),
        batch=tuple(Choice(each.id, f"{each.created_at:%Y-%m-%d %H:%M}", 0) for each in newest),
    )


def _card(card: CharacterCard, links: MediaLinks) -> Card:
    return Card(
        character_id=card.id,
        name=card.name,
        status=card.status,
        sentence=said(card.status_sentence) if card.status in ATTENTION else "",
        cover_url=links.scaled(card.cover_sha256, 480) if card.cover_sha256 else None,
        styles=tuple(map(style_label, card.styles)),
        variant_count=card.variant_count,
        created_at=card.created_at,
        favourite=card.has_favourite,
        to_review=card.to_review,
        tags=tuple(card.tags),
        customer=customer_words(card.facets),
    )
