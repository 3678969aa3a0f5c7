"""The list of characters."""

from ui.handlers.characters import PAGE_SIZE, Listing
from ui.views.templates import render
from ui.views.words import count_words


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
