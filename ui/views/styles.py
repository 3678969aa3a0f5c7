"""The styles as the studio shows them: each with its pack's sample picture; and the style sheet of roles."""

from functools import lru_cache
from hashlib import sha256

from tasks.styles.pack import StylePack
from ui.addresses import at
from ui.views.role_css import role_css


def sample_url(pack: StylePack) -> str:
    """The address of a pack's sample picture, changed whenever the picture is."""
    return at(f"/static/styles/{pack.name}.webp?v={_digest(pack.sample)}")


@lru_cache
def written_css() -> str:
    """The style sheet that follows from the code: what a role does not see."""
    return role_css()


def written_css_url() -> str:
    """The address of that style sheet, changed whenever its content does."""
    return at(f"/static/styles.css?v={_digest(written_css().encode())}")


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:10]
