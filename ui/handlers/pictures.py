"""Variants as the pages show them."""

from db.models import Review
from db.repositories.images import Variant
from tasks.likeness_words import sentences
from tasks.picture_options import framing_of
from ui.links import MediaLinks
from ui.views.pictures import Picture, picture_title


def picture_of(variant: Variant, links: MediaLinks) -> Picture:
    """The variant as a page shows it."""
    image, asset = variant.image, variant.asset
    framing = framing_of(image.framing)
    return Picture(
        image_id=image.id,
        style=image.style,
        framing=framing,
        title=picture_title(image.style, framing, image.ordinal),
        tile_url=links.scaled(asset.storage_key, 240),
        large_url=links.scaled(asset.storage_key, 960),
        original_url=links.original(asset.storage_key),
        favourite=image.is_selected,
        withheld=image.review is Review.REJECTED,
        warnings=sentences(image.likeness),
        width=asset.width,
        height=asset.height,
        created_at=image.created_at,
    )
