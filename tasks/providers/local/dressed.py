"""No drawing of this machine undresses anybody: a design that would is not drawn, which costs nothing."""

from tasks.design.shapes import CharacterDesign
from tasks.errors import CallFailed
from tasks.media.bare_skin import bare_share
from tasks.perception.character_sheet import CharacterSheet
from tasks.perception.likeness.bare_skin import CHEST, EXCESS_LIMIT, bare_in_photo


def check_dressed(design: CharacterDesign, sheet: CharacterSheet) -> None:
    """Raise CallFailed (`undressed`) where the chest is barer than the photo's by more than a neckline."""
    if bare_share(design, CHEST) - bare_in_photo(sheet) > EXCESS_LIMIT:
        raise CallFailed(
            "The picture would have shown more bare skin than the photo, so it was not drawn. "
            "Try another photo, one that shows the clothes.",
            code="undressed",
        )
