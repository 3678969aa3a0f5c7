"""Which picture of a character the command line means."""

from db.repositories.images import Variant
from tasks.errors import UsageError


def title(variant: Variant) -> str:
    """STYLE-ORDINAL, as the command line calls a variant; STYLE-full-body-ORDINAL for a whole figure."""
    image = variant.image
    return "-".join(filter(None, (image.style, image.framing.replace("_", "-"), str(image.ordinal))))


def wanted_variant(variants: list[Variant], wanted: str) -> Variant:
    """The one that is meant by a style, STYLE-ORDINAL or the beginning of an id; else UsageError."""
    found = [each for each in variants if wanted and each.image.id.startswith(wanted)]
    found = found or [each for each in variants if wanted in (title(each), each.image.style)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(title(each) for each in found or variants) or "none yet"
    which = "Several pictures are meant" if found else "There is no such picture"
    raise UsageError(f"{which}. Name one of: {known}.", code="which_picture" if found else "unknown_picture")
