"""Prompt + photo → picture, through the ledger: bought once, kept once, whatever happens in between."""

from dataclasses import replace

from db.engine import Session
from db.ids import utc_now
from db.models import AssetKind, CallKind, CallState
from db.repositories import assets, profiles, prompts
from db.repositories.calls import CallColumns
from tasks.ledger import HeldCall, Work, hold
from tasks.persist_output import KeptPicture, persist_output
from tasks.profile_rows import profile_from_row
from tasks.providers.protocols import ImageOutput, ImageRequest
from tasks.stored_photo import stored_photo
from tasks.workshop import Workshop
from tasks.write_prompt import PictureWork


def illustrate(workshop: Workshop, work: PictureWork) -> str:
    """The id of the asset that holds the picture of `work`, made now or made before.

    A call that a dead worker left behind is carried on from where it was. Raises Refused, CallFailed,
    OutcomeUnknown, OutputLost, CallBusy, NotSent, NotReady, StoreError.
    """
    request = _request(workshop, work)
    call = hold(workshop, _work(workshop, work, request))
    if not isinstance(call, HeldCall):
        assert call.asset_id is not None  # a finished image call names its asset
        return call.asset_id
    request = replace(request, call_id=call.id)
    if call.state is CallState.CLAIMED:
        call.leave()
        with call.sending() as last_check:
            provider_id = workshop.image.submit(replace(request, last_check=last_check))
        call.move(CallState.ACCEPTED, provider_id=provider_id)
    with call.collecting():
        assert call.provider_id is not None
        request = replace(request, accepted_at=call.accepted_at or utc_now())
        output = workshop.image.collect(call.provider_id, request)
        if call.state is CallState.ACCEPTED:
            call.move(CallState.DELIVERED, actual_microusd=output.cost_microusd)
        kept = persist_output(workshop.store, output, work.work_key)
    return _stored(call, work, output, kept)


def _request(workshop: Workshop, work: PictureWork) -> ImageRequest:
    photo = stored_photo(workshop, work.character_id)
    with workshop.record.reading() as session:
        prompt = prompts.get(session, work.prompt_id)
        assert prompt.profile_id is not None and prompt.style is not None
        profile = profile_from_row(profiles.get(session, prompt.profile_id))
    return ImageRequest(
        call_id="",  # known once the call is claimed
        photo=photo,
        profile=profile,
        style=prompt.style,
        prompt=prompt.text,
        parameters=prompt.parameters,
    )


def _work(workshop: Workshop, work: PictureWork, request: ImageRequest) -> Work:
    image = workshop.image
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


def _stored(call: HeldCall, work: PictureWork, output: ImageOutput, kept: KeptPicture) -> str:
    made: list[str] = []

    def name_the_bytes(session: Session) -> CallColumns:
        asset = assets.ensure(
            session,
            kind=AssetKind.VARIANT,
            storage_key=kept.stored.key,
            sha256=kept.stored.sha256,
            content_type=kept.stored.content_type,
            size_bytes=kept.stored.size,
            width=kept.width,
            height=kept.height,
            prompt_artifact_id=work.prompt_id,
        )
        made.append(asset.id)
        return {"asset_id": asset.id, "result": {"seconds": round(output.seconds, 3)}}

    call.move(CallState.STORED, also=name_the_bytes)
    return made[-1]  # a try that was not written has made one, too
