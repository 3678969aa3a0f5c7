"""The styles as the studio shows them: each card with its pack's sample picture."""

from functools import lru_cache
from hashlib import sha256

from tasks.styles.pack import StylePack
from tasks.styles.packs import style_packs

# A pack's name is small letters, digits and dashes, its color #rrggbb: neither can break out of a rule.
_RULE = (
    '#styles label:has(input[name="{name}"])::before '
    '{{ background-color: {ground}; background-image: url("{sample}"); }}\n'
)


def sample_url(pack: StylePack) -> str:
    """The address of a pack's sample picture, changed whenever the picture is."""
    return f"/static/styles/{pack.name}.webp?v={_digest(pack.sample)}"


@lru_cache
def style_cards_css() -> str:
    """The style sheet of the cards that people choose styles by."""
    return "".join(
        _RULE.format(name=pack.name, ground=pack.colors.ground, sample=sample_url(pack))
        for pack in style_packs().values()
    )


def style_cards_url() -> str:
    """The address of that style sheet, changed whenever its content does."""
    return f"/static/styles.css?v={_digest(style_cards_css().encode())}"


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:10]
