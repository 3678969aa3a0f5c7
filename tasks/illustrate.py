"""Prompt + photo → picture, through the ledger: bought once, kept once, whatever happens in between."""

from typing import Any

from db.engine import Session
from db.event_kinds import EventKind
from db.models import CallKind, CallState
from db.repositories import calls, events, profiles, prompts
from db.repositories.calls import CallColumns
from tasks.design.shapes import Framing
from tasks.ledger.claim import LeasedCall, Work, claim_work
from tasks.ledger.image_call import buy_picture, ensure_asset, require_not_erased, store_picture
from tasks.ledger.recall import recall_lost_call
from tasks.photo.stored import stored_drawing, stored_photo
from tasks.profile_rows import profile_from_row
from tasks.providers.protocols import ImageRequest, Photo
from tasks.runtime import Runtime
from tasks.standing_work import REFERENCE
from tasks.storage.found_pictures import FoundPicture, find_picture
from tasks.storage.receipts import SentNote, write_sent
from tasks.write_prompt import INSTEAD_OF, PictureWork

_NOT_NEEDED = Photo(data=b"", sha256="", width=1, height=1)


def illustrate(runtime: Runtime, work: PictureWork) -> str:
    """The id of the asset that holds the picture of `work`, made now or made before.

    A call that a dead worker left behind is resumed from where it was. Raises Refused, CallFailed,
    OutcomeUnknown, OutputLost, CallBusy, NotSent, NotReady, StoreError.
    """
    runtime = runtime.drawing_by(work.provider)
    request = picture_request(runtime, work)
    wanted = _work(runtime, work, request)
    if runtime.image.charges:
        recall_lost_call(runtime, wanted)
    call = claim_work(runtime, wanted)
    if not isinstance(call, LeasedCall):
        assert call.asset_id is not None  # a finished image call names its asset
        return call.asset_id
    told: dict[str, Any] = {}
    if call.state is CallState.CLAIMED:
        told = {INSTEAD_OF: list(work.instead_of)}
        found = _found(runtime, call, work)
        if found is not None:
            return found
    picture = buy_picture(runtime, call, request, before_submit=lambda: _note_sent(runtime, call, work))
    return store_picture(call, picture, work.prompt_id, told)


def picture_request(runtime: Runtime, work: PictureWork) -> ImageRequest:
    """What the provider is asked for, from what is on record. Raises PhotoRefused, StoreError."""
    with runtime.record.reading() as session:
        prompt = prompts.get(session, work.prompt_id)
        assert prompt.profile_id is not None and prompt.style is not None
        row = profiles.get(session, prompt.profile_id)
        profile, seen = profile_from_row(row), profiles.seen_before(session, row)
    reference = prompt.parameters.get(REFERENCE)
    photo, *references = _inputs(runtime, work, reference)
    return ImageRequest(
        call_id="",  # known once the call is claimed
        photo=photo,
        profile=profile,
        style=prompt.style,
        prompt=prompt.text,
        parameters={"framing": Framing.PORTRAIT.value}
        | {name: value for name, value in prompt.parameters.items() if name not in (INSTEAD_OF, REFERENCE)},
        references=tuple(references),
        seen=profile_from_row(seen) if seen else None,
    )


def _inputs(runtime: Runtime, work: PictureWork, reference: str | None) -> list[Photo]:
    """The photo, and the favourite that goes along. Once a paid request has left, only how many there were
    matters: what it bought is collected though neither can be read any more.
    """
    with runtime.record.reading() as session:
        call = calls.by_work_key(session, work.work_key)
        has_left = call is not None and call.state in (CallState.ACCEPTED, CallState.DELIVERED)
    if has_left and runtime.image.charges:
        return [_NOT_NEEDED] * (2 if reference else 1)
    favourite = [stored_drawing(runtime, work.character_id, reference)] if reference else []
    return [stored_photo(runtime, work.character_id), *favourite]


def _work(runtime: Runtime, work: PictureWork, request: ImageRequest) -> Work:
    image = runtime.image
    return Work(
        work_key=work.work_key,
        kind=CallKind.IMAGE,
        provider=image.name,
        model=image.model,
        charges=image.charges,
        estimate_microusd=image.estimate_microusd(request),
        character_id=work.character_id,
        prompt_artifact_id=work.prompt_id,
    )


def _found(runtime: Runtime, call: LeasedCall, work: PictureWork) -> str | None:
    """The asset of a picture that the store has kept though the record knows nothing of it: a database that
    was restored must not buy it again.
    """
    call.require_store_binding()
    with call.collecting():
        found = find_picture(runtime.store, work.work_key)
    return _adopted(runtime, call, work, found) if found is not None else None


def _adopted(runtime: Runtime, call: LeasedCall, work: PictureWork, found: FoundPicture) -> str:
    receipt = found.receipt
    price = receipt.price_microusd if receipt else None
    if price is None:
        price = call.estimate_microusd if runtime.image.charges else 0
    made: list[str] = []

    def name_the_bytes(session: Session) -> CallColumns:
        require_not_erased(session, work.prompt_id)
        asset = ensure_asset(session, found.kept, work.prompt_id)
        made.append(asset.id)
        events.add(
            session,
            kind=EventKind.CALL_FOUND,
            actor="system",
            message=EventKind.CALL_FOUND.sentence,
            character_id=work.character_id,
            data={"call_id": call.id, "price_known": receipt is not None, "microusd": price},
        )
        return {"asset_id": asset.id, "result": {"found_in_store": True}}

    when: CallColumns = {"sent_at": receipt.paid_at} if receipt else {}
    call.move(CallState.SENDING, **when)
    call.move(
        CallState.STORED,
        also=name_the_bytes,
        actual_microusd=price,
        provider_id=receipt.provider_id if receipt else None,
    )
    return made[-1]


def _note_sent(runtime: Runtime, call: LeasedCall, work: PictureWork) -> None:
    """Into the store before the request leaves: a database that is restored meanwhile knows nothing of it."""
    if not runtime.image.charges or call.sent_at is None:
        return
    note = SentNote(
        work_key=work.work_key,
        call_id=call.id,
        provider=runtime.image.name,
        model=runtime.image.model,
        estimate_microusd=call.estimate_microusd,
        sent_at=call.sent_at,
    )
    write_sent(runtime.store, note)
