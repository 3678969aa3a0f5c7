"""What people call a style and a picture."""

from tasks.design.shapes import Framing
from tasks.picture_options import FRAMING_LABELS
from tasks.styles.packs import style_packs


def picture_title(style: str, framing: Framing, ordinal: int) -> str:
    """What people call a picture: "Anime", "Anime 2", "Anime, full body"."""
    title = style_label(style) + (f" {ordinal}" if ordinal > 1 else "")
    return title if framing is Framing.PORTRAIT else f"{title}, {FRAMING_LABELS[framing].lower()}"


def style_label(style: str) -> str:
    """The style as people call it; its own name for one that is no longer drawn."""
    pack = style_packs().get(style)
    return pack.label if pack else style
