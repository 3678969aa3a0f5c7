"""A variant as pages show it."""

from dataclasses import dataclass
from datetime import datetime

from tasks.design.shapes import Framing
from tasks.picture_options import FRAMING_LABELS
from tasks.styles.packs import style_packs


@dataclass(frozen=True)
class Picture:
    """One variant with the links a page needs."""

    image_id: str
    style: str
    framing: Framing
    title: str  # "Anime", or "Anime 2" for the second of its style
    tile_url: str
    large_url: str
    original_url: str
    favourite: bool
    withheld: bool  # rejected: not shown unless it is asked for
    warnings: tuple[str, ...]
    width: int
    height: int
    created_at: datetime


def picture_title(style: str, framing: Framing, ordinal: int) -> str:
    """What people call a picture: "Anime", "Anime 2", "Anime, full body"."""
    title = style_label(style) + (f" {ordinal}" if ordinal > 1 else "")
    return title if framing is Framing.PORTRAIT else f"{title}, {FRAMING_LABELS[framing].lower()}"


def style_label(style: str) -> str:
    """The style as people call it; its own name for one that is no longer drawn."""
    pack = style_packs().get(style)
    return pack.label if pack else style
