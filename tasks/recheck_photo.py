"""The photo check at the start of a run: the photo on record is looked at again before anything is paid.

A worker without weights only makes sure that the bytes are those which passed when the photo was taken in.
"""

from tasks.photo.stored import stored_photo
from tasks.runtime import Runtime
from tasks.settings import provider_settings


def recheck_photo(runtime: Runtime, character_id: str) -> list[str]:
    """The photo's warnings. PhotoRefused with its own code when nobody, or more than one, is to be seen."""
    photo = stored_photo(runtime, character_id)
    if not provider_settings().compares_here:
        return []
    from tasks.intake.normalize import check_people  # noqa: PLC0415 - cv2 is slow to import, and large

    return check_people(photo)
