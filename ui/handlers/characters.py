"""The list of characters: search, filter, page."""

from collections.abc import Mapping

from db.models import CharacterStatus
from db.repositories import characters
from db.repositories.characters import CharacterCard
from ui.links import MediaLinks
from ui.services import StudioServices
from ui.views.characters import PAGE_SIZE, Card, Filter, Listing
from ui.views.pictures import style_label

LONGEST_QUERY = 120


def filter_of(query: str, status: str, page: str | int) -> Filter:
    """A filter from what an address or a form says; what makes no sense counts as not said."""
    known = {each.value for each in CharacterStatus}
    try:
        number = max(1, int(page))
    except (TypeError, ValueError):
        number = 1
    return Filter(
        query=" ".join(str(query or "").split())[:LONGEST_QUERY],
        status=CharacterStatus(status) if status in known else None,
        page=number,
    )


def filter_of_address(parameters: Mapping[str, str]) -> Filter:
    """The filter in an address: `?q=&status=&p=`."""
    return filter_of(parameters.get("q", ""), parameters.get("status", ""), parameters.get("p", "1"))


def list_characters(services: StudioServices, wanted: Filter) -> Listing:
    """The page of the list that `wanted` names; the last one when it asks for a page beyond."""
    with services.record.reading() as session:

        def page_at(number: int) -> characters.Page:
            return characters.page(
                session,
                query=wanted.query,
                status=wanted.status,
                offset=(number - 1) * PAGE_SIZE,
                limit=PAGE_SIZE,
            )

        found = page_at(wanted.page)
        last = max(1, -(-found.total // PAGE_SIZE))
        number = min(wanted.page, last)
        if number != wanted.page:
            found = page_at(number)
    cards = tuple(_card(each, services.links) for each in found.items)
    return Listing(Filter(wanted.query, wanted.status, number), cards, found.total)


def _card(card: CharacterCard, links: MediaLinks) -> Card:
    return Card(
        character_id=card.id,
        name=card.name,
        status=card.status,
        sentence=card.status_sentence or "",
        cover_url=links.scaled(card.cover_key, 480) if card.cover_key else None,
        styles=tuple(map(style_label, card.styles)),
        variant_count=card.variant_count,
        created_at=card.created_at,
    )
