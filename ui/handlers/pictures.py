"""Variants as the pages show them."""

from dataclasses import dataclass
from datetime import datetime

from db.repositories.images import Variant
from tasks.score_likeness import SENTENCES
from tasks.styles.packs import style_packs
from ui.links import MediaLinks


@dataclass(frozen=True)
class Picture:
    """One variant with the links a page needs."""

    image_id: str
    style: str
    title: str  # "Anime", or "Anime 2" for the second of its style
    tile_url: str
    large_url: str
    original_url: str
    favourite: bool
    warnings: tuple[str, ...]
    width: int
    height: int
    created_at: datetime


def style_label(style: str) -> str:
    """The style as people call it; its own name for one that is no longer drawn."""
    pack = style_packs().get(style)
    return pack.label if pack else style


def picture_of(variant: Variant, links: MediaLinks) -> Picture:
    """The variant as a page shows it."""
    image, asset = variant.image, variant.asset
    label = style_label(image.style)
    codes = (image.likeness or {}).get("warnings", ())
    return Picture(
        image_id=image.id,
        style=image.style,
        title=label if image.ordinal == 1 else f"{label} {image.ordinal}",
        tile_url=links.scaled(asset.storage_key, 240),
        large_url=links.scaled(asset.storage_key, 960),
        original_url=links.original(asset.storage_key),
        favourite=image.is_selected,
        warnings=tuple(SENTENCES.get(code, "This picture needs a look.") for code in codes),
        width=asset.width,
        height=asset.height,
        created_at=image.created_at,
    )
