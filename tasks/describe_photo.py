"""Photo → profile, through the ledger: one vision call per photo and model, for however many characters."""

from dataclasses import dataclass

from pydantic import ValidationError

from db.engine import Session
from db.errors import Erased
from db.models import HUMAN, CallKind, CallState, CharacterProfile
from db.repositories import calls, characters, profiles
from tasks.errors import OutcomeUnknown
from tasks.ledger.assumed_paid import assume_paid
from tasks.ledger.claim import LeasedCall, Work, claim_work, mark_recorded
from tasks.ledger.standing import stands
from tasks.ledger.work_key import vision_work_key
from tasks.photo.stored import stored_photo
from tasks.profile import EARLIER_TEMPLATES, TEMPLATE_VERSION, Profile
from tasks.providers.protocols import Photo, models_of
from tasks.runtime import Runtime, operator_id
from tasks.storage.receipts import Receipt, find_receipt, write_receipt


@dataclass(frozen=True)
class VisionWork:
    """A photo to be described, by name: ids only, so it may travel through Prefect."""

    operator_id: str
    character_id: str
    photo_asset_id: str | None
    provider: str
    model: str


def vision_work(runtime: Runtime, character_id: str) -> VisionWork:
    """What the profile of the character will depend on, as far as Prefect's cache is concerned."""
    vision = runtime.vision
    with runtime.record.reading() as session:
        photo_asset_id = characters.get(session, character_id).photo_asset_id
    return VisionWork(operator_id(runtime), character_id, photo_asset_id, vision.name, vision.model)


def describe_photo(runtime: Runtime, character_id: str) -> str:
    """The id of the profile to work from: a person's correction if there is one, else what was seen.

    Nothing is called and nothing is written when this photo has been described by this model before and
    the character has that profile. Raises Refused, CallBusy, OutcomeUnknown and the rest of the ledger's.
    """
    photo = stored_photo(runtime, character_id)
    with runtime.record.reading() as session:
        current = profiles.latest(session, character_id)
    if current is not None and is_current_profile(runtime, current, photo.sha256):
        return current.id
    work = _work(runtime, photo, character_id)
    while isinstance(call := claim_work(runtime, work), LeasedCall):
        try:
            _call_vision(runtime, call, photo)
            break
        except OutcomeUnknown:
            if not assume_paid(runtime, call.id):
                raise
    with runtime.record.writing(lasting=False) as session:
        answer = calls.by_work_key(session, work.work_key)
        assert answer is not None  # stored just now, or long ago
        if answer.result is None:
            raise Erased
        row = profiles.add(
            session,
            character_id=character_id,
            source=work.provider,
            content=Profile.model_validate(answer.result["profile"]).model_dump(mode="json"),
            photo_sha256=photo.sha256,
            model=work.model,
        )
        mark_recorded(session, work.work_key)
        return row.id


def is_current_profile(runtime: Runtime, profile: CharacterProfile, photo_sha256: str) -> bool:
    """Whether `profile` is what a run with this photo works from, without another vision call."""
    if profile.photo_sha256 != photo_sha256:
        return False
    return profile.source == HUMAN or profile.model in models_of(runtime.vision)


def vision_key(session: Session, runtime: Runtime, photo_sha256: str) -> str:
    """The work key of the vision call for the photo, by the model that is set. A paid look that an earlier
    question has bought, or may have, is the one that counts: no second one is bought for another question.
    """
    now, *earlier = _keys(runtime, photo_sha256)
    if not runtime.vision.charges or stands(session, now):
        return now
    return next((key for key in earlier if stands(session, key)), now)


def _keys(runtime: Runtime, photo_sha256: str) -> list[str]:
    """The work keys that a look at the photo has had: today's question first."""
    return [
        vision_work_key(
            photo_sha256=photo_sha256,
            provider=runtime.vision.name,
            model=runtime.vision.model,
            template_version=template,
        )
        for template in (TEMPLATE_VERSION, *EARLIER_TEMPLATES)
    ]


def _key(runtime: Runtime, photo_sha256: str) -> str:
    """The same, by the receipts too: a record that was restored does not know what was bought."""
    with runtime.record.reading() as session:
        known = vision_key(session, runtime, photo_sha256)
        if not runtime.vision.charges or stands(session, known):
            return known
    earlier = _keys(runtime, photo_sha256)[1:]
    return next((key for key in earlier if find_receipt(runtime.store, key)), known)


def _work(runtime: Runtime, photo: Photo, character_id: str) -> Work:
    vision = runtime.vision
    return Work(
        work_key=_key(runtime, photo.sha256),
        kind=CallKind.VISION,
        provider=vision.name,
        model=vision.model,
        charges=vision.charges,
        estimate_microusd=vision.estimate_microusd(photo),
        character_id=character_id,
    )


def _call_vision(runtime: Runtime, call: LeasedCall, photo: Photo) -> None:
    """The one request. Its answer comes with it, so the call goes from sending to stored in one step."""
    receipt = _receipt_of(runtime, call)
    if receipt is not None:
        _adopt(call, receipt)
        return
    call.mark_sending()
    with call.sending() as last_check:
        answer = runtime.vision.describe(photo, call.id, last_check)
    result = {
        "profile": answer.profile.model_dump(mode="json"),
        "model": answer.model,
        "usage": dict(answer.usage),
    }
    if runtime.vision.charges and call.sent_at is not None:
        receipt = Receipt(
            work_key=call.work_key,
            kind=CallKind.VISION,
            provider=runtime.vision.name,
            model=runtime.vision.model,
            provider_id=answer.provider_id or None,
            price_microusd=answer.cost_microusd,
            paid_at=call.sent_at,
            result=result,
        )
        write_receipt(runtime.store, receipt)
    call.move(
        CallState.STORED,
        provider_id=answer.provider_id or None,
        actual_microusd=answer.cost_microusd,
        result=result,
    )


def _receipt_of(runtime: Runtime, call: LeasedCall) -> Receipt | None:
    """The receipt of an earlier call, where a restored record knows nothing of it."""
    if not runtime.vision.charges:
        return None
    call.require_store_binding()
    with call.collecting():
        receipt = find_receipt(runtime.store, call.work_key)
    try:
        Profile.model_validate((receipt.result or {})["profile"] if receipt else None)
    except (ValidationError, KeyError):
        return None
    return receipt


def _adopt(call: LeasedCall, receipt: Receipt) -> None:
    call.move(CallState.SENDING, sent_at=receipt.paid_at)
    call.move(
        CallState.STORED,
        provider_id=receipt.provider_id,
        actual_microusd=receipt.price_microusd,
        result=(receipt.result or {}) | {"found_in_store": True},
    )
