"""The photo check at the start of a run: the photo on record is looked at again before anything is paid."""

from tasks.normalise_photo import check_people
from tasks.stored_photo import stored_photo
from tasks.workshop import Workshop


def look_again(workshop: Workshop, character_id: str) -> list[str]:
    """The photo's warnings. PhotoRefused with its own code when nobody, or more than one, is to be seen."""
    return check_people(stored_photo(workshop, character_id))
