"""The list of characters: what one page of it shows, and its HTML."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from db.models import CharacterStatus
from db.repositories.listing import Show, Sort
from ui.i18n import N_, _, ngettext
from ui.views.templates import render

PAGE_SIZE = 24
SIZES = (24, 48, 96)


@dataclass(frozen=True)
class Filter:
    """What of the list is asked for; `page` counts from 1. Each field but the page narrows or orders it."""

    query: str = field(default="", metadata={"name": "q"})
    status: CharacterStatus | None = None
    page: int = field(default=1, metadata={"name": "p"})
    show: Show | None = None
    style: str = ""
    provider: str = ""
    review: str = ""
    since: date | None = field(default=None, metadata={"name": "from"})
    until: date | None = field(default=None, metadata={"name": "to"})  # itself included
    batch: str = ""
    tag: str = ""
    sort: Sort = Sort.NEWEST
    size: int = PAGE_SIZE

    @property
    def narrows(self) -> bool:
        """Whether anything is left out of the list."""
        return replace(self, page=1, sort=Sort.NEWEST, size=PAGE_SIZE) != Filter()

    @property
    def address(self) -> str:
        """As the query of an address says it: "q=maya&p=2", without what goes without saying."""
        said = ((name_of(each), getattr(self, each.name), each.default) for each in fields(self))
        return urlencode({name: str(value) for name, value, usual in said if value != usual})

    def other(self, **changed: Any) -> str:
        """The address of the same list with something changed, from its first page unless that is said."""
        return replace(self, **{"page": 1, **changed}).address


def name_of(each: Any) -> str:
    """What a field of a Filter is called in an address."""
    return str(each.metadata.get("name", each.name))


@dataclass(frozen=True)
class Card:
    """One character in the list; `cover_url` is a link, None without a picture."""

    character_id: str
    name: str
    status: CharacterStatus
    sentence: str  # why it needs a person, or ""
    cover_url: str | None
    styles: tuple[str, ...]
    variant_count: int
    created_at: datetime
    favourite: bool = False
    to_review: int = 0
    tags: tuple[str, ...] = ()
    customer: str = ""  # how the customer's link stands, in words


@dataclass(frozen=True)
class Choice:
    """One choice of a filter, with how many characters it would show; `value` "" chooses nothing."""

    value: str
    label: str
    count: int


@dataclass(frozen=True)
class Choices:
    """What each filter offers."""

    status: tuple[Choice, ...] = ()
    show: tuple[Choice, ...] = ()
    style: tuple[Choice, ...] = ()
    provider: tuple[Choice, ...] = ()
    review: tuple[Choice, ...] = ()
    tag: tuple[Choice, ...] = ()
    batch: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class View:
    """A search that somebody has kept under a name."""

    view_id: str
    name: str
    address: str


@dataclass(frozen=True)
class Listing:
    """One page of the list; `total` counts what fits the filter on all pages."""

    filter: Filter
    cards: tuple[Card, ...]
    total: int
    choices: Choices = Choices()
    views: tuple[View, ...] = ()

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.filter.size))


SORTS = (
    (Sort.NEWEST, N_("Newest first")),
    (Sort.OLDEST, N_("Oldest first")),
    (Sort.CHANGED, N_("Changed lately")),
    (Sort.NAME, N_("Name, A to Z")),
)


def listing_html(listing: Listing) -> str:
    """Filters, cards and pager, or a word on why there are none."""
    first = (listing.filter.page - 1) * listing.filter.size + 1
    return render(
        "listing.html",
        listing=listing,
        filter=listing.filter,
        choices=listing.choices,
        sorts=[(sort, _(label)) for sort, label in SORTS],
        sizes=SIZES,
        count=ngettext(
            "%(total)s character", "%(total)s characters", listing.total, total=f"{listing.total:,}"
        ),
        first=first,
        last=first + len(listing.cards) - 1,
    )


def list_shell_html(styles: Sequence[tuple[str, str]]) -> str:
    """Where the list will be, until it is there, and what can be done to those that are selected; `styles`
    are those that can be drawn, with their labels.
    """
    return render("list_shell.html", styles=styles)


def revision_of(html: str) -> str:
    """What changes whenever the HTML does."""
    return sha256(html.encode()).hexdigest()[:16]
