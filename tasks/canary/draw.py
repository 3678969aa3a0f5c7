"""One photo of a canary: looked at, drawn in each style and measured, through the ledger like all work."""

from typing import Any

from db.models import CallKind, CallState
from db.repositories import assets, calls, canaries
from tasks.canary.fixed_set import FixedSet, request_for, work_key
from tasks.canary.wording import worded
from tasks.errors import CallFailed, OutcomeUnknown, OutputLost, Refused
from tasks.ledger.claim import LeasedCall, Work, claim_work, mark_recorded
from tasks.ledger.image_call import buy_picture, store_picture
from tasks.profile import Profile
from tasks.providers.protocols import Photo
from tasks.runtime import Runtime
from tasks.storage.verified_bytes import verified_bytes
from tasks.styles.packs import style_pack

# What one picture may end in while the others go on. All else (no budget, a provider that is away) stops the
# canary, which is gone on with when it is asked for again.
ENDS = (Refused, CallFailed, OutcomeUnknown, OutputLost)


def draw_photo(runtime: Runtime, canary_id: str, chosen: FixedSet, photo: Photo) -> None:
    """Draw and measure what of `photo` is not on record. Raises what would stop every other one, too."""
    with runtime.record.reading() as session:
        done = {(each["photo"], each["style"]) for each in canaries.get(session, canary_id).measures}
    left = [style for style in chosen.styles if (photo.sha256, style) not in done]
    if not left:
        return
    try:
        profile = _profile(runtime, canary_id, photo)
    except ENDS as error:
        for style in left:
            _keep(runtime, canary_id, photo, style, {"code": error.code})
        return
    for style in left:
        try:
            measure = _picture(runtime, canary_id, photo, profile, style)
        except ENDS as error:
            measure = {"code": error.code}
        measure |= worded(runtime, canary_id, photo, profile, style)
        _keep(runtime, canary_id, photo, style, measure)


def _keep(runtime: Runtime, canary_id: str, photo: Photo, style: str, measure: dict[str, Any]) -> None:
    named = {"photo": photo.sha256, "style": style, "style_version": style_pack(style).version}
    with runtime.record.writing() as session:
        canaries.add(session, canary_id, named | measure)
        mark_recorded(session, work_key(canary_id, photo, runtime.image.name, style))


def _profile(runtime: Runtime, canary_id: str, photo: Photo) -> Profile:
    vision = runtime.vision
    work = Work(
        work_key=work_key(canary_id, photo, vision.name, "look"),
        kind=CallKind.VISION,
        provider=vision.name,
        model=vision.model,
        charges=vision.charges,
        estimate_microusd=vision.estimate_microusd(photo),
    )
    call = claim_work(runtime, work)
    if isinstance(call, LeasedCall):
        call.mark_sending()
        with call.sending() as last_check:
            answer = vision.describe(photo, call.id, last_check)
        told = {"profile": answer.profile.model_dump(mode="json"), "model": answer.model}
        call.move(
            CallState.STORED,
            provider_id=answer.provider_id or None,
            actual_microusd=answer.cost_microusd,
            result=told | {"usage": dict(answer.usage)},
        )
    with runtime.record.writing() as session:
        found = calls.by_work_key(session, work.work_key)
        assert found is not None and found.result is not None  # stored just now, or before a crash
        mark_recorded(session, work.work_key)
        return Profile.model_validate(found.result["profile"])


def _picture(runtime: Runtime, canary_id: str, photo: Photo, profile: Profile, style: str) -> dict[str, Any]:
    image, request = runtime.image, request_for(photo, profile, style)
    work = Work(
        work_key=work_key(canary_id, photo, image.name, style),
        kind=CallKind.IMAGE,
        provider=image.name,
        model=image.model,
        charges=image.charges,
        estimate_microusd=image.estimate_microusd(request),
    )
    call = claim_work(runtime, work)
    if isinstance(call, LeasedCall):
        asset_id = store_picture(call, buy_picture(runtime, call, request))
    else:
        assert call.asset_id is not None  # a finished image call names its asset
        asset_id = call.asset_id
    with runtime.record.reading() as session:
        key = assets.get(session, asset_id).storage_key
    return measure(photo, verified_bytes(runtime, key), profile, style)


def measure(photo: Photo, drawn: bytes, profile: Profile, style: str) -> dict[str, Any]:
    """What `tasks.canary.drift` compares, of one picture; without what can't be measured of it."""
    from tasks.perception.likeness.measure import measure_likeness  # noqa: PLC0415 - cv2 is slow to import
    from tasks.perception.measure_sheet import sheet_of_photo  # noqa: PLC0415

    found = measure_likeness(
        photo.data,
        drawn,
        style_pack(style).pass_mark,
        monochrome=profile.monochrome,
        sheet=sheet_of_photo(photo),
    )
    measures: dict[str, Any] = {"likeness": found.identity, "palette": found.skin_delta_e}
    if found.attributes_known:
        measures["features"] = (found.attributes_agreeing or 0) / found.attributes_known
    if found.warnings:
        measures["warnings"] = list(found.warnings)
    return {name: value for name, value in measures.items() if value is not None}
