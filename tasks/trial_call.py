"""One real picture and one real vision call, of a public-domain photo, bought to see that buying works.

They go through the ledger like any other call, so they are on record, within the budget, and resumed
rather than repeated when a trial was killed on its way.
"""

from dataclasses import dataclass

from db.digests import digest_of
from db.models import CallKind, CallState, ProviderCall
from db.repositories import calls
from tasks.ledger.claim import LeasedCall, Work, claim_work, mark_recorded
from tasks.ledger.image_call import buy_picture, store_picture
from tasks.profile import Attributes, Profile, Trait
from tasks.providers.protocols import ImageRequest, Photo
from tasks.runtime import Runtime
from tasks.seeds import seed_of
from tasks.styles.packs import style_pack

STYLE = "watercolor"
PROMPT = (
    "Redraw the person in the photo as a watercolor illustration for a children's book. "
    "Keep the face, the hair and the clothes. One person only, head and shoulders, plain background."
)
_GOES_ON = frozenset({CallState.CLAIMED, CallState.SENDING, CallState.ACCEPTED, CallState.DELIVERED})


@dataclass(frozen=True)
class Trial:
    """A call that was tried: what it cost and, for a picture, what came."""

    call_id: str
    provider_id: str
    cost_microusd: int
    resumed: bool = False  # bought by an earlier trial, which did not live to fetch it
    width: int = 0
    height: int = 0
    content_type: str = ""


def picture_estimate(runtime: Runtime, photo: Photo) -> int:
    """What `try_picture` may cost, in micro-dollars."""
    return runtime.image.estimate_microusd(_request(photo))


def try_picture(runtime: Runtime, photo: Photo) -> Trial:
    """Buy one picture, fetch it and keep it. Raises what `tasks.illustrate` raises."""
    request = _request(photo)
    work = _next_work(runtime, CallKind.IMAGE, picture_estimate(runtime, photo))
    call = _held(runtime, work)
    resumed = call.state is not CallState.CLAIMED
    picture = buy_picture(runtime, call, request)
    store_picture(call, picture)
    _record(runtime, work)
    return Trial(
        call_id=call.id,
        provider_id=picture.provider_id,
        cost_microusd=picture.output.cost_microusd,
        resumed=resumed,
        width=picture.kept.width,
        height=picture.kept.height,
        content_type=picture.kept.stored.content_type,
    )


def try_vision(runtime: Runtime, photo: Photo) -> Trial:
    """Buy one vision call for the photo. Raises what `tasks.describe_photo` raises."""
    work = _next_work(runtime, CallKind.VISION, runtime.vision.estimate_microusd(photo))
    call = _held(runtime, work)
    call.mark_sending()
    with call.sending() as last_check:
        answer = runtime.vision.describe(photo, call.id, last_check)
    call.move(
        CallState.STORED,
        provider_id=answer.provider_id or None,
        actual_microusd=answer.cost_microusd,
        result={"model": answer.model, "usage": dict(answer.usage)},
    )
    _record(runtime, work)
    return Trial(call.id, answer.provider_id, answer.cost_microusd)


def _request(photo: Photo) -> ImageRequest:
    seed = seed_of(photo.sha256, STYLE, "trial")
    nothing_known = Attributes.model_validate({name: Trait() for name in Attributes.model_fields})
    return ImageRequest(
        call_id="",  # known once the call is claimed
        photo=photo,
        profile=Profile(attributes=nothing_known, palette=[], do_not_change=[]),
        style=STYLE,
        prompt=PROMPT,
        parameters=style_pack(STYLE).parameters | {"seed": seed},
    )


def _next_work(runtime: Runtime, kind: CallKind, estimate_microusd: int) -> Work:
    """The trial that is still under way, else the next one."""
    provider = runtime.image if kind is CallKind.IMAGE else runtime.vision
    ordinal = 1
    with runtime.record.reading() as session:
        while _is_over(calls.by_work_key(session, _key(kind, provider.name, provider.model, ordinal))):
            ordinal += 1
    return Work(
        work_key=_key(kind, provider.name, provider.model, ordinal),
        kind=kind,
        provider=provider.name,
        model=provider.model,
        charges=provider.charges,
        estimate_microusd=estimate_microusd,
    )


def _is_over(call: ProviderCall | None) -> bool:
    return call is not None and call.state not in _GOES_ON


def _key(kind: CallKind, provider: str, model: str, ordinal: int) -> str:
    return digest_of(
        {"kind": "trial", "of": kind.value, "provider": provider, "model": model, "ordinal": ordinal}
    )


def _held(runtime: Runtime, work: Work) -> LeasedCall:
    held = claim_work(runtime, work)
    assert isinstance(held, LeasedCall)  # what is over was passed by
    return held


def _record(runtime: Runtime, work: Work) -> None:
    with runtime.record.writing() as session:
        mark_recorded(session, work.work_key)
