"""Variants as the pages show them."""

from db.models import Review
from db.repositories.images import Variant
from tasks.giving.outgoing import is_held_back
from tasks.likeness_words import sentences
from tasks.picture_options import framing_of
from ui.links import MediaLinks
from ui.views.pictures import Picture, picture_title


def full_url(variant: Variant, links: MediaLinks) -> str:
    """Where a picture is looked at in full size: with its marks. One that is held back leaves for nobody, so
    whoever decides about it sees it as it was kept.
    """
    if is_held_back(variant):
        return links.original(variant.asset.storage_key)
    return links.full(variant.image.id)


def picture_of(variant: Variant, links: MediaLinks) -> Picture:
    """The variant as a page shows it."""
    image, asset = variant.image, variant.asset
    framing = framing_of(image.framing)
    return Picture(
        image_id=image.id,
        style=image.style,
        framing=framing,
        title=picture_title(image.style, framing, image.ordinal),
        tile_url=links.scaled(asset.sha256, 240),
        large_url=links.scaled(asset.sha256, 960),
        original_url=full_url(variant, links),
        favourite=image.is_selected,
        withheld=image.review is Review.REJECTED,
        warnings=sentences(image.likeness),
        width=asset.width,
        height=asset.height,
        created_at=image.created_at,
    )
