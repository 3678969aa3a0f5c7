"""A new character: its photo, its row, what was ordered and its first run, whole or not at all.

An upload makes one character, however often and from wherever it is sent: the database holds that.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from db.digests import digest_of
from db.engine import Session
from db.ids import new_id
from db.models import CharacterStatus, UsedUpload
from db.repositories import characters, orders
from flows.request_run import write_request
from flows.run_request import RunRequest
from tasks.create_character import (
    KeptPhoto,
    check_consent,
    check_consent_language,
    clean_name,
    gender_of,
    keep_photo,
    third_parties_of,
    write_character,
)
from tasks.errors import StorykinError, UsageError
from tasks.intake.normalize import NormalizedPhoto
from tasks.picture_options import AS_USUAL, PictureOptions, check_drawable
from tasks.runtime import Runtime
from tasks.styles.packs import chosen_styles


@dataclass(frozen=True)
class CharacterRequest:
    """What someone asked for. `upload_key` names the upload that the photo came in, where it was one;
    `photo_sha256` says which photo, where the key could come again with another.
    """

    name: str
    gender: str
    styles: tuple[str, ...]
    consent: bool
    actor: str = "operator"
    upload_key: str | None = None
    face: int | str | None = None  # which person: a number from the left, or what the studio calls the face
    options: PictureOptions = AS_USUAL
    photo_sha256: str | None = None
    consent_language: str = "en"  # of the text that was consented to

    def checked(self) -> "CharacterRequest":
        """The same in its proper form. UsageError for what is missing or makes no sense."""
        for _, check in self._checks():
            check()
        styles = tuple(chosen_styles(list(self.styles)))
        return replace(self, name=clean_name(self.name), styles=styles, consent=True)

    def faults(self) -> tuple["FieldFault", ...]:
        """Everything that `checked` would raise for, not only the first."""
        found = []
        for field, check in self._checks():
            try:
                check()
            except UsageError as error:
                found.append(FieldFault(field, error.code, error.sentence))
        return tuple(found)

    def _checks(self) -> tuple[tuple[str, Callable[[], object]], ...]:
        return (
            ("name", lambda: clean_name(self.name)),
            ("styles", lambda: chosen_styles(list(self.styles))),
            ("gender", lambda: gender_of(self.gender)),
            ("consent", lambda: check_consent(self.consent)),
            ("consent", lambda: check_consent_language(self.consent_language)),
        )

    @property
    def digest(self) -> str:
        """Of all but the name, which stands on the character and nowhere else."""
        photo = {"photo": self.photo_sha256} if self.photo_sha256 else {}
        chosen = self.options.chosen | photo
        return digest_of([self.gender, list(self.styles), self.face, *([chosen] if chosen else [])])


@dataclass(frozen=True)
class FieldFault:
    """What is wrong with a field of a request: its name, a code and a sentence."""

    field: str
    code: str
    sentence: str


@dataclass(frozen=True)
class StartedCharacter:
    """A character and its first run. `again`: the same was asked for before, and nothing was made now."""

    character_id: str
    run_token: str
    again: bool = False
    notices: tuple[str, ...] = ()  # what there is to say of the photo: sentences


class _UsedByAnother(Exception):
    """Someone else was first with this upload: everything is taken back."""


def start_character(runtime: Runtime, request: CharacterRequest, photo: NormalizedPhoto) -> StartedCharacter:
    """Keep the photo, write the character and queue its first run. The same upload again gives the same.

    Raises UsageError for a field that is missing or makes no sense, and for an upload that was used for
    something else; StoreError when the photo can't be kept. Then nothing is written.
    """
    request = request.checked()
    check_drawable(request.options, runtime.image)
    kept = keep_photo(runtime, photo)
    try:
        with runtime.record.writing() as session:
            return _written(session, request, kept, third_parties_of(runtime))
    except _UsedByAnother:
        with suppress(StorykinError):  # no row names it: housekeeping would find it too
            runtime.store.delete(kept.storage_key)
        started = find_started(runtime, request)
        assert started is not None  # that row is why nothing was written
        return started


def _written(
    session: Session, request: CharacterRequest, kept: KeptPhoto, processors: tuple[str, ...]
) -> StartedCharacter:
    character_id = write_character(
        session,
        kept,
        name=request.name,
        gender=gender_of(request.gender),
        actor=request.actor,
        processors=processors,
        language=request.consent_language,
    )
    run = RunRequest(character_id, request.styles, new_id(), options=request.options)
    if request.upload_key is not None:
        used = orders.use_upload(
            session,
            request.upload_key,
            character_id=character_id,
            run_token=run.run_token,
            request_digest=request.digest,
        )
        if used.character_id != character_id:
            raise _UsedByAnother
    write_request(session, run, actor=request.actor)
    return StartedCharacter(character_id, run.run_token)


def find_started(runtime: Runtime, request: CharacterRequest) -> StartedCharacter | None:
    """What the same request has made already; None when the upload is still unused.

    UsageError when the upload was used for another request: a form that was changed and sent again.
    """
    request = request.checked()
    if request.upload_key is None:
        return None
    with runtime.record.reading() as session:
        used = orders.find_used_upload(session, request.upload_key)
        if used is None:
            return None
        _check_the_same(session, used, request)
        return StartedCharacter(used.character_id, used.run_token, again=True)


def _check_the_same(session: Session, used: UsedUpload, request: CharacterRequest) -> None:
    character = characters.get(session, used.character_id)
    if character.status is CharacterStatus.ERASED:
        raise UsageError(
            "The character that was made of this upload has been erased. Choose the photo again to make a "
            "new one.",
            code="upload_used",
        )
    if used.request_digest != request.digest or character.name != request.name:
        raise UsageError(
            "A character was made of this upload a moment ago, with another name or other choices. Open it "
            "under Characters to order more styles, or choose the photo again to make a second one.",
            code="upload_used",
        )
