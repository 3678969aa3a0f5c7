"""A variant as pages show it."""

from dataclasses import dataclass
from datetime import datetime

from tasks.design.shapes import Framing
from tasks.styles.titles import picture_title, style_label

__all__ = ["Picture", "picture_title", "style_label"]


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
