"""A new character: a photo that passed, a name, and the consent that it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass

from db import names
from db.engine import Session
from db.event_kinds import EventKind
from db.ids import new_id, utc_now
from db.models import AssetKind, Gender
from db.repositories import assets, characters, events, users
from db.told import told
from tasks.consent import texts
from tasks.consent.record import record_consent
from tasks.consent.rules import third_parties
from tasks.errors import UsageError
from tasks.intake.normalize import NormalizedPhoto
from tasks.runtime import Runtime
from tasks.storage.binding import require_bound

CONSENT_VERSION = texts.CURRENT


def clean_name(name: str) -> str:
    """`name` on one line, without controls; UsageError when nothing to see, or too much, is left."""
    clean = names.displayable(name)
    if names.is_blank(clean):
        raise UsageError("Give the character a name.", code="no_name")
    if names.grapheme_count(clean) > names.LONGEST:
        raise UsageError(
            told("Use a name of at most %(longest)s characters.", longest=names.LONGEST), code="name_too_long"
        )
    if len(clean) > names.LONGEST_CODE_POINTS:
        raise UsageError("This name carries too many accents and marks. Shorten it.", code="name_too_long")
    return clean


def gender_of(word: str) -> Gender:
    """The gender as given; UsageError naming the choices otherwise."""
    try:
        return Gender(word)
    except ValueError:
        raise UsageError(
            told("Choose one of: %(gender)s.", gender=", ".join(Gender)), code="unknown_gender"
        ) from None


@dataclass(frozen=True)
class KeptPhoto:
    """A photo whose bytes are in the store; no row names them yet."""

    photo: NormalizedPhoto
    storage_key: str


def create_character(
    runtime: Runtime,
    *,
    photo: NormalizedPhoto,
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
    check_consent(consent)
    kept = keep_photo(runtime, photo)
    with runtime.record.writing() as session:
        named = third_parties_of(runtime)
        return write_character(session, kept, name=name, gender=sex, actor=actor, processors=named)


def third_parties_of(runtime: Runtime) -> tuple[str, ...]:
    """Who outside the house works on a photo as things are set: a new consent names them."""
    return third_parties(each.name for each in runtime.providers)


def check_consent(consent: bool) -> None:
    """UsageError unless it was given."""
    if not consent:
        raise UsageError("Confirm that you have permission to use this photo.", code="no_consent")


def check_consent_language(language: str) -> None:
    """UsageError unless there is a text in this language that a new character's consent is given to."""
    if (texts.CURRENT, language) not in texts.BUILT_IN:
        raise UsageError("There is no consent text of this version and language.", code="unknown_text")


def keep_photo(runtime: Runtime, photo: NormalizedPhoto) -> KeptPhoto:
    """Put the bytes into the store, under a key of their own.

    Raises StoreError when they can't be kept or the store is another installation's.
    """
    require_bound(runtime)
    stored = runtime.store.put(f"photos/{new_id()}.jpg", photo.photo.data, "image/jpeg")
    return KeptPhoto(photo, stored.key)


def write_character(
    session: Session,
    kept: KeptPhoto,
    *,
    name: str,
    gender: Gender,
    actor: str,
    processors: Sequence[str] = (),
    language: str = "en",
) -> str:
    """Write a draft, with the consent that was given for its photo, naming `processors`; returns its id.

    `language` is that of the text which was consented to. UsageError where there is no such text.
    """
    photo = kept.photo.photo
    who = users.known(session, actor) or users.ensure_operator(session).id
    asset = assets.ensure(
        session,
        kind=AssetKind.PHOTO,
        storage_key=kept.storage_key,
        sha256=photo.sha256,
        content_type="image/jpeg",
        size_bytes=len(photo.data),
        width=photo.width,
        height=photo.height,
    )
    character = characters.create(
        session,
        name=name,
        gender=gender,
        created_by=who,
        photo_asset_id=asset.id,
        consent_version=texts.CURRENT,
        consent_by=who,
    )
    record_consent(session, character.id, processors=processors, by=who, language=language, keep_canon=False)
    events.add(
        session,
        kind=EventKind.CHARACTER_CREATED,
        actor=actor,
        message=". ".join([EventKind.CHARACTER_CREATED.sentence, *kept.photo.warnings]),
        character_id=character.id,
        data={"warnings": list(kept.photo.warnings), "at": utc_now().isoformat(timespec="seconds")},
    )
    return character.id
