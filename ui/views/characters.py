"""The list of characters: what one page of it shows, and its HTML."""

from dataclasses import dataclass
from datetime import datetime

from db.models import CharacterStatus
from ui.views.templates import render
from ui.views.words import count_words

PAGE_SIZE = 24


@dataclass(frozen=True)
class Filter:
    """What of the list is asked for; `page` counts from 1."""

    query: str = ""
    status: CharacterStatus | None = None
    page: int = 1


@dataclass(frozen=True)
class Card:
    """One character in the list; `cover_url` is a signed link, None without a picture."""

    character_id: str
    name: str
    status: CharacterStatus
    sentence: str
    cover_url: str | None
    styles: tuple[str, ...]
    variant_count: int
    created_at: datetime


@dataclass(frozen=True)
class Listing:
    """One page of the list; `total` counts what fits the filter on all pages."""

    filter: Filter
    cards: tuple[Card, ...]
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE_SIZE))


def listing_html(listing: Listing) -> str:
    """Cards and pager, or a word on why there are none."""
    first = (listing.filter.page - 1) * PAGE_SIZE + 1
    return render(
        "listing.html",
        listing=listing,
        filtered=bool(listing.filter.query or listing.filter.status),
        count=count_words(listing.total, "character", "characters"),
        first=first,
        last=first + len(listing.cards) - 1,
    )
