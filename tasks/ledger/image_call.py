"""The paid part of a picture: sent once, collected, kept in the store, and its bytes put on record.

Every image call takes this way, whoever asks for the picture. The caller has claimed the work and holds the
call; where an earlier worker died, it goes on from the state that the call is in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from db.engine import Session
from db.errors import Erased
from db.models import AssetKind, CallState, GeneratedAsset
from db.repositories import assets, prompts
from db.repositories.calls import CallColumns
from tasks.ledger.kept_output import StoreKeeper, keep_receipt
from tasks.ledger.leased_call import LeasedCall
from tasks.providers.protocols import ImageOutput, ImageRequest
from tasks.runtime import Runtime
from tasks.storage.persist_output import KeptPicture, persist_output


@dataclass(frozen=True)
class CollectedPicture:
    """What the provider delivered under which id, and where its bytes are kept."""

    provider_id: str
    output: ImageOutput
    kept: KeptPicture


def buy_picture(
    runtime: Runtime,
    call: LeasedCall,
    request: ImageRequest,
    *,
    before_submit: Callable[[], None] = lambda: None,
) -> CollectedPicture:
    """Submit the request unless that was done, collect its output, and keep it under the work key, with its
    receipt. What comes with the answer is kept before the call moves on.

    `call` is claimed, accepted or delivered, and is delivered in the end; `before_submit` runs when all that
    could forbid the request has been asked, right before it leaves. Raises Refused, CallFailed,
    OutcomeUnknown, OutputLost, NotSent, NotReady, OverBudget, LeaseLost, StoreError.
    """
    request = replace(request, call_id=call.id, keeper=StoreKeeper(runtime, call))
    if call.state is CallState.CLAIMED:
        call.mark_sending()
        with call.sending() as last_check:
            before_submit()
            provider_id = runtime.image.submit(replace(request, last_check=last_check))
        call.move(CallState.ACCEPTED, provider_id=provider_id)
    with call.collecting():
        assert call.provider_id is not None  # an accepted call has one
        output = runtime.image.collect(call.provider_id, replace(request, age=call.age))
        if call.state is CallState.ACCEPTED:
            call.move(CallState.DELIVERED, actual_microusd=output.cost_microusd)
        kept = persist_output(runtime.store, output, call.work_key, provider=runtime.image.name)
    keep_receipt(runtime, call, call.provider_id, output, kept)
    return CollectedPicture(call.provider_id, output, kept)


def store_picture(
    call: LeasedCall,
    picture: CollectedPicture,
    prompt_id: str | None = None,
    told: Mapping[str, Any] = MappingProxyType({}),
) -> str:
    """Delivered → stored, with the asset that names the bytes; returns the asset's id. `told` goes into the
    call's result.
    """
    made: list[str] = []

    def name_the_bytes(session: Session) -> CallColumns:
        require_not_erased(session, prompt_id)
        asset = ensure_asset(session, picture.kept, prompt_id)
        made.append(asset.id)
        result: dict[str, Any] = {**told, "seconds": round(picture.output.seconds, 3)}
        if model := picture.output.details.get("model"):  # a successor may have answered in its place
            result["model"] = str(model)[:120]
        return {"asset_id": asset.id, "result": result}

    call.move(CallState.STORED, also=name_the_bytes)
    return made[-1]  # a try that was not written has made one, too


def require_not_erased(session: Session, prompt_id: str | None) -> None:
    """Raise Erased where the prompt of a picture is gone: the person was erased meanwhile."""
    if prompt_id is not None and not prompts.is_there(session, prompt_id):
        raise Erased


def ensure_asset(session: Session, kept: KeptPicture, prompt_id: str | None) -> GeneratedAsset:
    """The row of the picture's bytes; `prompt_id` is the prompt that it was drawn from."""
    return assets.ensure(
        session,
        kind=AssetKind.VARIANT,
        storage_key=kept.stored.key,
        sha256=kept.stored.sha256,
        content_type=kept.stored.content_type,
        size_bytes=kept.stored.size,
        width=kept.width,
        height=kept.height,
        prompt_artifact_id=prompt_id,
    )
