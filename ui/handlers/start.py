"""A new character, from the form to the first run."""

from dataclasses import dataclass, replace

from flows.request_run import AskedRun, is_submitted
from flows.start_character import CharacterRequest, FieldFault, StartedCharacter, find_started
from flows.start_character import start_character as start
from tasks.errors import PhotoRefused, StoreError, UsageError
from tasks.ledger.budget import check_affordable
from tasks.picture_options import picture_options
from tasks.pricing import estimate_new
from tasks.storage.binding import require_bound
from tasks.traces.spans import span
from ui.acting import acting_actor
from ui.handlers.people import face_thumbnails
from ui.services import StudioServices
from ui.views.new import WhichPerson

INCOMING = "incoming/"
NO_PHOTO = "Add a photo first."


@dataclass(frozen=True)
class NewCharacter:
    """The form as it was sent; nothing in it is trusted."""

    photo_key: str
    name: str
    gender: str
    styles: tuple[str, ...]
    consent: bool
    face: int | str | None = None  # who is meant: the choice of a `FaceThumbnail`, or its number
    framing: str = ""
    resolution: str = ""
    consent_language: str = "en"  # of the text that was shown


def start_character(services: StudioServices, form: NewCharacter) -> AskedRun | WhichPerson:
    """Check the form and the photo, keep both, and ask for the first run. An upload makes one.

    Everything is checked before anything is written. Raises UsageError for a field that is missing or
    makes no sense, OverBudget when the run would cost too much, PhotoRefused for a photo that can't be
    used, StoreError when it can't be read or kept.
    """
    with span("start a character"):
        return _start(services, form)


def _start(services: StudioServices, form: NewCharacter) -> AskedRun | WhichPerson:
    check_key(form.photo_key)
    request = _request(form).checked()
    started = find_started(services.runtime, request)
    if started is None:
        result = _start_first_time(services, request, form.photo_key)
        if isinstance(result, WhichPerson):
            return result
        started = result
    return _submit_once(services, started)


def form_faults(form: NewCharacter) -> tuple[FieldFault, ...]:
    """Everything that is wrong with the fields of the form, so that a page can say all of it at once.

    Raises UsageError for a framing or a resolution that does not exist.
    """
    return _request(form).faults()


def faults_when_empty() -> dict[str, str]:
    """What is said of each field that is left empty, by field; "photo" is the photo's."""
    told = {each.field: each.sentence for each in CharacterRequest("", "", (), consent=False).faults()}
    return told | {"photo": NO_PHOTO}


def _request(form: NewCharacter) -> CharacterRequest:
    return CharacterRequest(
        form.name,
        form.gender,
        form.styles,
        form.consent,
        actor=acting_actor(),
        upload_key=form.photo_key,
        face=form.face,
        options=picture_options(form.framing, form.resolution),
        consent_language=form.consent_language,
    )


def _start_first_time(
    services: StudioServices, request: CharacterRequest, photo_key: str
) -> StartedCharacter | WhichPerson:
    require_bound(services.runtime)
    check_affordable(services.runtime, estimate_new(services.runtime, request.styles, request.options))
    try:
        data = uploaded(services, photo_key)
    except UsageError:
        # Used since we looked, and deleted: by the other click of two.
        if (started := find_started(services.runtime, request)) is not None:
            return started
        raise
    try:
        photo = services.checked_photos.find(photo_key, request.face) or services.normalize(
            data, face=request.face
        )
    except PhotoRefused as refusal:
        if refusal.code != "several_faces" or request.face is not None:
            raise
        return WhichPerson(refusal.sentence, face_thumbnails(data))
    started = start(services.runtime, request, photo)
    services.store.delete(photo_key)
    services.checked_photos.forget(photo_key)
    return replace(started, notices=tuple(photo.warnings))


def _submit_once(services: StudioServices, started: StartedCharacter) -> AskedRun:
    """To Prefect, unless the first of two requests has done that already."""
    if started.again and is_submitted(services.runtime, started.run_token):
        return AskedRun(started.character_id, started.run_token)
    asked = services.hand_over(services.runtime, started.run_token, services.submit)
    return replace(asked, notices=started.notices)


def check_key(key: str) -> None:
    """UsageError for a key that names no upload."""
    if not key:
        raise UsageError(NO_PHOTO, code="no_photo")
    if not key.startswith(INCOMING):
        raise UsageError("This is not a photo that was uploaded here.", code="bad_photo_key")


def uploaded(services: StudioServices, key: str) -> bytes:
    """The bytes of an upload. UsageError where it is gone, StoreError where it can't be read."""
    try:
        return services.store.get(key)
    except StoreError as error:
        if error.code != "object_missing":
            raise
        raise UsageError("The uploaded photo is gone. Choose it again.", code="photo_gone") from None
