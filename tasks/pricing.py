"""What a run will cost, before it costs it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from db.engine import Session
from db.models import CallState, CharacterProfile, ProviderCall
from db.repositories import assets, calls, characters, images, profiles
from tasks import image_fallback
from tasks.describe_photo import is_current_profile, vision_key
from tasks.picture_options import AS_USUAL, PictureOptions
from tasks.profile import Attributes, Profile, Trait
from tasks.providers.protocols import ImageProvider, ImageRequest, Photo, takes_several
from tasks.runtime import Runtime
from tasks.styles.packs import style_pack
from tasks.write_prompt import PictureWork, work_key_ahead

# What is not sent again because someone asks for the same: it costs nothing.
_NOT_SENT_AGAIN = {CallState.REFUSED, CallState.UNKNOWN, CallState.WRITTEN_OFF}
# What is bought already, or as good as: carrying it on costs nothing more.
_BOUGHT = {CallState.ACCEPTED, CallState.DELIVERED, CallState.STORED, CallState.RECORDED}

_EMPTY_PHOTO = Photo(data=b"", sha256="", width=1024, height=1280)
UNKNOWN_PROFILE = Profile(
    attributes=Attributes(**{name: Trait() for name in Attributes.model_fields}), palette=[], do_not_change=[]
)


def estimate_new(runtime: Runtime, styles: Sequence[str], options: PictureOptions = AS_USUAL) -> int:
    """Micro-dollars for a new character in `styles`: one look and one picture each."""
    return vision_price(runtime) + sum(picture_price(runtime, each, options) for each in styles)


OptionsByStyle = Mapping[str, PictureOptions]


@dataclass(frozen=True)
class _Wanted:
    """One picture that is asked for."""

    style: str
    ordinal: int
    options: PictureOptions


@dataclass(frozen=True)
class RunPrice:
    """What a run will have to buy, and what of it there is already.

    A batch's stored plan has these fields by their names: they stay as they are.
    """

    looks: int = 0  # vision calls
    pictures: int = 0
    there: int = 0  # pictures that are drawn or bought already
    microusd: int = 0

    def __add__(self, other: "RunPrice") -> "RunPrice":
        return RunPrice(
            self.looks + other.looks,
            self.pictures + other.pictures,
            self.there + other.there,
            self.microusd + other.microusd,
        )


def estimate_run(
    runtime: Runtime,
    character_id: str,
    styles: Sequence[str],
    *,
    another: bool = False,
    ordinals: Mapping[str, int] | None = None,
    options: OptionsByStyle | None = None,
) -> int:
    """Micro-dollars for a run of a character on record, leaving out what is drawn or bought already.

    `another` asks for new pictures beside those there are; `ordinals` names those that are not the first,
    `options` those that are not made as usual.
    """
    return price_run(
        runtime, character_id, styles, another=another, ordinals=ordinals, options=options
    ).microusd


def price_run(
    runtime: Runtime,
    character_id: str,
    styles: Sequence[str],
    *,
    another: bool = False,
    ordinals: Mapping[str, int] | None = None,
    options: OptionsByStyle | None = None,
) -> RunPrice:
    """The same in its parts. Before the person was looked at, every picture counts as one to buy.

    What was refused, given up, lost, or is possibly paid is not sent again, and so costs nothing.
    """
    with runtime.record.reading() as session:
        return price_in(
            session, runtime, character_id, styles, another=another, ordinals=ordinals, options=options
        )


def price_in(
    session: Session,
    runtime: Runtime,
    character_id: str,
    styles: Sequence[str],
    *,
    another: bool = False,
    ordinals: Mapping[str, int] | None = None,
    options: OptionsByStyle | None = None,
) -> RunPrice:
    """The same within a transaction."""
    wanted = _wanted(styles, ordinals, options)
    profile, vision_call = _profile_or_vision_call(session, runtime, character_id)
    referenced = images.favourite(session, character_id) is not None
    drawers = drawers_of(session, runtime, character_id)
    if profile is not None:
        if another:
            wanted = [_next(session, character_id, each) for each in wanted]
        statuses = [_picture_status(session, runtime, profile, each) for each in wanted]
        return _pictures(runtime, wanted, statuses, referenced, drawers)
    status = _call_status(vision_call)
    if status is _WorkStatus.BLOCKED:
        return RunPrice()
    every = _pictures(runtime, wanted, [_WorkStatus.TO_BUY] * len(wanted), referenced, drawers)
    return (
        every
        if status is _WorkStatus.AVAILABLE
        else every + RunPrice(looks=1, microusd=vision_price(runtime))
    )


def waiting_for_a_person(
    session: Session,
    runtime: Runtime,
    character_id: str,
    styles: Sequence[str],
    ordinals: Mapping[str, int] | None = None,
    options: OptionsByStyle | None = None,
) -> list[str]:
    """The styles that no machine should buy: refused, given up, lost, possibly paid, or paid for in vain."""
    profile, vision_call = _profile_or_vision_call(session, runtime, character_id)
    made = {
        each.style: [calls.by_work_key(session, key) for key in _keys_of(session, runtime, profile, each)]
        if profile
        else [vision_call]
        for each in _wanted(styles, ordinals, options)
    }
    return [style for style, found in made.items() if any(_needs_person(call) for call in found)]


def _profile_or_vision_call(
    session: Session, runtime: Runtime, character_id: str
) -> tuple[CharacterProfile | None, ProviderCall | None]:
    """The profile that a run would draw from; or, where it would have to look first, the call of that look,
    if there was one.
    """
    photo_id = characters.get(session, character_id).photo_asset_id
    if not photo_id:
        return None, None
    photo = assets.get(session, photo_id)
    profile = profiles.latest(session, character_id)
    if profile is not None and is_current_profile(runtime, profile, photo.sha256):
        return profile, None
    return None, calls.by_work_key(session, vision_key(session, runtime, photo.sha256))


def _keys_of(session: Session, runtime: Runtime, profile: CharacterProfile, wanted: _Wanted) -> list[str]:
    """The work key that the picture has by each provider that may draw it."""
    return [
        work_key_ahead(
            session,
            runtime.drawing_by(each.name),
            profile_id=profile.id,
            style=wanted.style,
            ordinal=wanted.ordinal,
            options=wanted.options,
        )
        for each in runtime.images
    ]


def _needs_person(call: ProviderCall | None) -> bool:
    if call is None:
        return False
    in_vain = call.state is CallState.FAILED and bool(call.actual_microusd)
    settled = call.error_code == calls.REOPENED  # a person has said that it may be bought again
    return _call_status(call) is _WorkStatus.BLOCKED or (in_vain and not settled)


class _WorkStatus(Enum):
    """What asking for a piece of work will come to."""

    TO_BUY = auto()
    AVAILABLE = auto()  # drawn, or bought: carrying it on costs nothing more
    BLOCKED = auto()  # not sent again


def _pictures(
    runtime: Runtime,
    wanted: Sequence[_Wanted],
    statuses: Sequence[_WorkStatus],
    referenced: bool,
    drawers: Sequence[ImageProvider],
) -> RunPrice:
    to_buy = [each for each, status in zip(wanted, statuses, strict=True) if status is _WorkStatus.TO_BUY]
    return RunPrice(
        pictures=len(to_buy),
        there=statuses.count(_WorkStatus.AVAILABLE),
        microusd=sum(
            picture_price(runtime, each.style, each.options, referenced, drawers) for each in to_buy
        ),
    )


def _wanted(
    styles: Sequence[str], ordinals: Mapping[str, int] | None, options: OptionsByStyle | None
) -> list[_Wanted]:
    return [
        _Wanted(style, (ordinals or {}).get(style, 1), (options or {}).get(style, AS_USUAL))
        for style in styles
    ]


def _next(session: Session, character_id: str, wanted: _Wanted) -> _Wanted:
    framing = wanted.options.stored_framing
    return replace(wanted, ordinal=images.next_ordinal(session, character_id, wanted.style, framing))


def _picture_status(
    session: Session, runtime: Runtime, profile: CharacterProfile, wanted: _Wanted
) -> _WorkStatus:
    """Of one picture, whoever may draw it."""
    keys = _keys_of(session, runtime, profile, wanted)
    found = [images.find(session, character_id=profile.character_id, work_key=key) for key in keys]
    statuses = {_call_status(calls.by_work_key(session, key)) for key in keys}
    if any(found) or _WorkStatus.AVAILABLE in statuses:
        return _WorkStatus.AVAILABLE
    return _WorkStatus.BLOCKED if _WorkStatus.BLOCKED in statuses else _WorkStatus.TO_BUY


def _call_status(call: ProviderCall | None) -> _WorkStatus:
    if call is None:
        return _WorkStatus.TO_BUY
    if call.state in _BOUGHT:
        return _WorkStatus.AVAILABLE
    lost = call.state is CallState.FAILED and call.error_code == calls.OUTPUT_LOST
    return _WorkStatus.BLOCKED if lost or call.state in _NOT_SENT_AGAIN else _WorkStatus.TO_BUY


def estimate_pictures(runtime: Runtime, pieces: Iterable[PictureWork]) -> int:
    """Micro-dollars for `pieces`, leaving out what is drawn or bought already."""
    total = 0
    with runtime.record.reading() as session:
        for work in pieces:
            if images.find(session, character_id=work.character_id, work_key=work.work_key):
                continue
            if _call_status(calls.by_work_key(session, work.work_key)) is _WorkStatus.TO_BUY:
                referenced = images.favourite(session, work.character_id) is not None
                drawers = drawers_of(session, runtime, work.character_id)
                total += picture_price(runtime, work.style, work.options, referenced, drawers)
    return total


def vision_price(runtime: Runtime) -> int:
    """Micro-dollars for one look at a photo, at most."""
    return runtime.vision.estimate_microusd(_EMPTY_PHOTO)


def drawers_of(session: Session, runtime: Runtime, character_id: str) -> tuple[ImageProvider, ...]:
    """Who may draw the character. Everyone where nobody may: no one is told that it is free then."""
    every = runtime.images
    return every if len(every) == 1 else image_fallback.may_draw(session, character_id, every) or every


def picture_price(
    runtime: Runtime,
    style: str,
    options: PictureOptions = AS_USUAL,
    referenced: bool = False,
    drawers: Sequence[ImageProvider] = (),
) -> int:
    """Micro-dollars for one picture in `style`, by the dearest of `drawers`, which are all that are set where
    it is nobody's yet; `referenced` where the favourite goes along.
    """
    request = ImageRequest(
        call_id="",
        photo=_EMPTY_PHOTO,
        profile=UNKNOWN_PROFILE,
        style=style,
        prompt="",
        parameters=style_pack(style).parameters | options.chosen,
    )
    along = replace(request, references=(_EMPTY_PHOTO,))
    return max(
        each.estimate_microusd(along if referenced and takes_several(each) else request)
        for each in drawers or runtime.images
    )
