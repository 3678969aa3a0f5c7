"""The photo check at the start of a run: the photo on record is looked at again before anything is paid."""

from tasks.intake.normalize import check_people
from tasks.photo.stored import stored_photo
from tasks.runtime import Runtime


def recheck_photo(runtime: Runtime, character_id: str) -> list[str]:
    """The photo's warnings. PhotoRefused with its own code when nobody, or more than one, is to be seen."""
    return check_people(stored_photo(runtime, character_id))
