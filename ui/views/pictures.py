"""A variant as pages show it."""

from dataclasses import dataclass
from datetime import datetime

from tasks.design.shapes import Framing
from tasks.styles import titles
from ui.i18n import _


def style_label(style: str) -> str:
    """The style as people call it, in the current language."""
    return _(titles.style_label(style))


def picture_title(style: str, framing: Framing, ordinal: int) -> str:
    """What people call a picture: "Anime", "Anime 2", "Anime, full body"."""
    title = style_label(style) + (f" {ordinal}" if ordinal > 1 else "")
    return title if framing is Framing.PORTRAIT else _("%(title)s, full body", title=title)


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
