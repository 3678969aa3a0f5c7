"""A new character: a photo that passed, a name, and the consent that it rests on."""

from db import names
from db.ids import new_id, utc_now
from db.models import AssetKind, Gender
from db.repositories import assets, characters, events, users
from tasks.binding import require_bound
from tasks.errors import UsageError
from tasks.normalise_photo import NormalisedPhoto
from tasks.workshop import Workshop

CONSENT_VERSION = "2026-11"
CONSENT_TEXT = (
    "I have the permission of this person, or of their parent or guardian, to use this photo to make "
    "illustrations of them. The photo can be erased at any time."
)


def clean_name(name: str) -> str:
    """`name` on one line, without controls; UsageError when nothing to see, or too much, is left."""
    clean = names.displayable(name)
    if names.is_blank(clean):
        raise UsageError("Give the character a name.", code="no_name")
    if names.grapheme_count(clean) > names.LONGEST:
        raise UsageError(f"Use a name of at most {names.LONGEST} characters.", code="name_too_long")
    if len(clean) > names.LONGEST_CODE_POINTS:
        raise UsageError("This name carries too many accents and marks. Shorten it.", code="name_too_long")
    return clean


def gender_of(word: str) -> Gender:
    """The gender as given; UsageError naming the choices otherwise."""
    try:
        return Gender(word)
    except ValueError:
        raise UsageError(f"Choose one of: {', '.join(Gender)}.", code="unknown_gender") from None


def create_character(
    workshop: Workshop,
    *,
    photo: NormalisedPhoto,
    name: str,
    gender: str,
    consent: bool,
    actor: str = "operator",
) -> str:
    """Keep the photo and write the character, as a draft; returns the character's id.

    The bytes are stored before the rows that name them. Raises UsageError for a missing name, an unknown
    gender or a missing consent, StoreError when the bytes can't be kept or the store is another
    installation's; then nothing is written.
    """
    name, sex = clean_name(name), gender_of(gender)
    if not consent:
        raise UsageError("Confirm that you have permission to use this photo.", code="no_consent")
    require_bound(workshop)
    kept = photo.photo
    stored = workshop.store.put(f"photos/{new_id()}.jpg", kept.data, "image/jpeg")
    with workshop.record.writing() as session:
        operator = users.ensure_operator(session)
        asset = assets.ensure(
            session,
            kind=AssetKind.PHOTO,
            storage_key=stored.key,
            sha256=kept.sha256,
            content_type="image/jpeg",
            size_bytes=len(kept.data),
            width=kept.width,
            height=kept.height,
        )
        character = characters.create(
            session,
            name=name,
            gender=sex,
            created_by=operator.id,
            photo_asset_id=asset.id,
            consent_version=CONSENT_VERSION,
            consent_by=operator.id,
        )
        events.add(
            session,
            kind="character.created",
            actor=actor,
            message="Character created from one photo",
            character_id=character.id,
            data={"warnings": list(photo.warnings), "at": utc_now().isoformat(timespec="seconds")},
        )
        return character.id
