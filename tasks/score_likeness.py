"""Same face? Same colours? Really drawn? A warning on the variant, never silently passed."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from db.log import Log
from db.repositories import assets, profiles, prompts
from tasks.errors import StorykinError
from tasks.photo.stored import stored_photo
from tasks.profile_rows import profile_from_row
from tasks.providers.protocols import Photo
from tasks.runtime import Runtime
from tasks.storage.verified_bytes import verified_bytes
from tasks.styles.packs import style_packs
from tasks.write_prompt import PictureWork

if TYPE_CHECKING:
    from tasks.perception.character_sheet import CharacterSheet

log = Log("likeness")


def score_likeness(runtime: Runtime, work: PictureWork, asset_id: str) -> dict[str, Any]:
    """What was measured, with `metric_version` and `warnings` (codes of tasks/likeness_words.py).

    A measurement that fails is a warning too, not an error: the picture exists and is kept.
    """
    from tasks.perception.likeness import measure as likeness  # noqa: PLC0415 - cv2 is slow to import

    pack = style_packs().get(work.style)
    try:
        photo = stored_photo(runtime, work.character_id)
        with runtime.record.reading() as session:
            storage_key = assets.get(session, asset_id).storage_key
            profile_id = prompts.get(session, work.prompt_id).profile_id
            profile = profile_from_row(profiles.get(session, profile_id)) if profile_id else None
        measured = likeness.measure_likeness(
            photo.data,
            verified_bytes(runtime, storage_key),
            pack.pass_mark if pack else likeness.LOWEST_MARK,
            monochrome=bool(profile and profile.monochrome),
            sheet=_sheet(photo),
        )
    except Exception as error:
        log.error("likeness not measured", error=error, asset_id=asset_id, style=work.style)
        return {"metric_version": likeness.METRIC_VERSION, "warnings": ["not_measured"]}
    return {
        "metric_version": likeness.METRIC_VERSION,
        **asdict(measured),
        "attributes_different": list(measured.attributes_different),
        "warnings": list(measured.warnings),
    }


def _sheet(photo: Photo) -> "CharacterSheet | None":
    """What the local engine measures of the photo; None where it can't, and less is compared."""
    from tasks.perception.measure_sheet import sheet_of_photo  # noqa: PLC0415 - cv2 is slow to import

    try:
        return sheet_of_photo(photo)
    except StorykinError as error:
        log.warning("the photo has no character sheet", code=error.code)
        return None
