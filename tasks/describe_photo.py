"""Photo → profile, through the ledger: looked at once per photo and model, for however many characters."""

from db.engine import Session
from db.models import CallKind, CallState, CharacterProfile, ProfileSource, ProviderCall
from db.repositories import profiles
from tasks.ledger import HeldCall, Work, hold, mark_recorded
from tasks.profile import TEMPLATE_VERSION, Profile
from tasks.providers.protocols import Photo, VisionAnswer
from tasks.stored_photo import stored_photo
from tasks.work_key import vision_work_key
from tasks.workshop import Workshop


def describe_photo(workshop: Workshop, character_id: str) -> str:
    """The id of the profile to work from: a person's correction if there is one, else what was seen.

    Nothing is called and nothing is written when this photo has been described by this model before and
    the character has that profile. Raises Refused, CallBusy, OutcomeUnknown and the rest of the ledger's.
    """
    photo = stored_photo(workshop, character_id)
    with workshop.record.reading() as session:
        current = profiles.latest(session, character_id)
    if current is not None and _still_says_it(workshop, current, photo):
        return current.id
    call = hold(workshop, _work(workshop, photo, character_id))
    if isinstance(call, HeldCall):
        _look(workshop, call, photo)
    with workshop.record.writing() as session:
        return _keep(session, workshop, character_id, photo)


def _still_says_it(workshop: Workshop, profile: CharacterProfile, photo: Photo) -> bool:
    if profile.photo_sha256 != photo.sha256:
        return False
    return profile.source is ProfileSource.HUMAN or profile.model == workshop.vision.model


def _work(workshop: Workshop, photo: Photo, character_id: str | None = None) -> Work:
    vision = workshop.vision
    return Work(
        work_key=vision_work_key(
            photo_sha256=photo.sha256,
            provider=vision.name,
            model=vision.model,
            template_version=TEMPLATE_VERSION,
        ),
        kind=CallKind.VISION,
        provider=vision.name,
        model=vision.model,
        charges=vision.charges,
        estimate_microusd=vision.estimate_microusd(photo),
        character_id=character_id,
    )


def _look(workshop: Workshop, call: HeldCall, photo: Photo) -> None:
    """The one request. Its answer comes with it, so the call goes from sending to stored in one step."""
    call.leave()
    with call.sending():
        answer = workshop.vision.describe(photo)
    call.move(
        CallState.STORED,
        provider_id=answer.provider_id or None,
        actual_microusd=answer.cost_microusd,
        result=_answer_document(answer),
    )


def _answer_document(answer: VisionAnswer) -> dict[str, object]:
    return {
        "profile": answer.profile.model_dump(mode="json"),
        "model": answer.model,
        "usage": dict(answer.usage),
    }


def _keep(session: Session, workshop: Workshop, character_id: str, photo: Photo) -> str:
    call = _answered(session, workshop, photo)
    profile = Profile.model_validate((call.result or {})["profile"])
    row = profiles.add(
        session,
        character_id=character_id,
        source=ProfileSource(workshop.vision.name),
        content=profile.model_dump(mode="json"),
        photo_sha256=photo.sha256,
        model=workshop.vision.model,
    )
    mark_recorded(session, call.work_key)
    return row.id


def _answered(session: Session, workshop: Workshop, photo: Photo) -> ProviderCall:
    from db.repositories import calls  # noqa: PLC0415

    call = calls.by_work_key(session, _work(workshop, photo).work_key)
    assert call is not None  # `hold` made it
    return call
