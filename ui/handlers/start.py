"""A new character, from the form to the first run."""

from dataclasses import dataclass

from tasks.binding import require_bound
from tasks.create_character import clean_name, create_character, gender_of
from tasks.errors import PhotoRefused, StoreError, UsageError
from tasks.estimate import estimate_new
from tasks.money import check_affordable
from tasks.style_packs import chosen_styles
from ui.handlers.people import FaceCrop, face_crops
from ui.handlers.runs import AskedRun, ask_for_run
from ui.services import Services

INCOMING = "incoming/"


@dataclass(frozen=True)
class NewCharacter:
    """The form as it was sent; nothing in it is trusted."""

    photo_key: str
    name: str
    gender: str
    styles: tuple[str, ...]
    consent: bool
    face: int | str | None = None  # who is meant: the choice of a `FaceCrop`, or its number


@dataclass(frozen=True)
class WhichPerson:
    """Several people are in the photo: the form must ask which one."""

    sentence: str
    faces: tuple[FaceCrop, ...]


def start_character(services: Services, form: NewCharacter) -> AskedRun | WhichPerson:
    """Check the form and the photo, keep both, and ask for the first run.

    Everything is checked before anything is written. Raises UsageError for a field that is missing or
    makes no sense, OverBudget when the run would cost too much, PhotoRefused for a photo that can't be
    used, StoreError when it can't be read or kept.
    """
    _check_key(form.photo_key)
    clean_name(form.name)
    gender_of(form.gender)
    styles = chosen_styles(form.styles)
    if not form.consent:
        raise UsageError("Confirm that you have permission to use this photo.", code="no_consent")
    require_bound(services.workshop)
    check_affordable(services.workshop, estimate_new(services.workshop, styles))
    data = _uploaded(services, form.photo_key)
    try:
        photo = services.normalise(data, face=form.face)
    except PhotoRefused as refusal:
        if refusal.code != "several_faces" or form.face is not None:
            raise
        return WhichPerson(refusal.sentence, face_crops(data))
    character_id = create_character(
        services.workshop,
        photo=photo,
        name=form.name,
        gender=form.gender,
        consent=form.consent,
    )
    services.store.delete(form.photo_key)
    return ask_for_run(services, character_id, styles)


def _check_key(key: str) -> None:
    if not key:
        raise UsageError("Add a photo first.", code="no_photo")
    if not key.startswith(INCOMING):
        raise UsageError("This is not a photo that was uploaded here.", code="bad_photo_key")


def _uploaded(services: Services, key: str) -> bytes:
    try:
        return services.store.get(key)
    except StoreError as error:
        if error.code != "object_missing":
            raise
        raise UsageError("The uploaded photo is gone. Choose it again.", code="photo_gone") from None
