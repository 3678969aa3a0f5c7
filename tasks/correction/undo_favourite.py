"""Taking a favourite back."""

from dataclasses import dataclass

from db.repositories import images
from tasks.correction.who import actor_of, held_character
from tasks.runtime import Runtime


@dataclass(frozen=True)
class FavouriteUndone:
    """The picture that was the favourite; None where there was none."""

    image_id: str | None


def undo_favourite(runtime: Runtime, *, character_id: str, by: str | None = None) -> FavouriteUndone:
    """Leave the character without a favourite. Raises NotFound, IllegalStep (erased)."""
    with runtime.record.writing() as session:
        held_character(session, character_id)
        chosen = images.favourite(session, character_id)
        if chosen is None:
            return FavouriteUndone(None)
        images.unselect(session, chosen.image.id, actor=actor_of(by))
        return FavouriteUndone(chosen.image.id)
