"""What a person says of a picture: `storykin favourite` and `storykin approve`."""

from db.engine import record
from db.models import Review
from db.record_state import require_current
from db.repositories import characters, images
from db.repositories.images import Variant
from tasks.errors import UsageError

DONE = 0


def favourite(beginning: str, wanted: str) -> int:
    """Make the picture `wanted` (a style, STYLE-ORDINAL, or the beginning of its id) the favourite."""
    require_current()
    with record().writing() as session:
        character = characters.by_beginning(session, beginning)
        variant = wanted_variant(images.of_character(session, character.id), wanted.lower())
        images.select(session, variant.image.id, actor="command line")
        print(f"{title(variant)} is the favourite of {character.name} now.")
    return DONE


def title(variant: Variant) -> str:
    """STYLE-ORDINAL, as the command line calls a variant; STYLE-full-body-ORDINAL for a whole figure."""
    image = variant.image
    return "-".join(filter(None, (image.style, image.framing.replace("_", "-"), str(image.ordinal))))


def approve(beginning: str, wanted: str) -> int:
    """Have the picture `wanted`, which was held back, shown and copied like any other."""
    require_current()
    with record().writing() as session:
        character = characters.by_beginning(session, beginning)
        variant = wanted_variant(images.of_character(session, character.id), wanted.lower())
        images.review(session, variant.image.id, review=Review.APPROVED, actor="command line")
        print(f"{title(variant)} of {character.name} is kept.")
    return DONE


def wanted_variant(variants: list[Variant], wanted: str) -> Variant:
    """The one that is meant by a style, STYLE-ORDINAL or the beginning of an id; else UsageError."""
    found = [each for each in variants if wanted and each.image.id.startswith(wanted)]
    found = found or [each for each in variants if wanted in (title(each), each.image.style)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(title(each) for each in found or variants) or "none yet"
    which = "Several pictures are meant" if found else "There is no such picture"
    raise UsageError(f"{which}. Name one of: {known}.", code="which_picture" if found else "unknown_picture")
