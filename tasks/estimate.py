"""What a run will cost, before it costs it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from db.engine import Session
from db.models import CallState
from db.repositories import assets, calls, characters, images, profiles
from tasks.describe_photo import look_key, still_says_it
from tasks.profile import Attributes, Profile, Trait
from tasks.providers.protocols import ImageRequest, Photo
from tasks.style_packs import style_pack
from tasks.workshop import Workshop
from tasks.write_prompt import PictureWork, work_key_ahead

# What is bought already, or as good as: carrying it on costs nothing more.
_BOUGHT = {CallState.ACCEPTED, CallState.DELIVERED, CallState.STORED, CallState.RECORDED}

_NOBODY = Photo(data=b"", sha256="", width=1024, height=1280)
_UNSEEN = Profile(
    attributes=Attributes(**{name: Trait() for name in Attributes.model_fields}), palette=[], do_not_change=[]
)


def estimate_new(workshop: Workshop, styles: Sequence[str]) -> int:
    """Micro-dollars for a new character in `styles`: one look and one picture each."""
    return look_price(workshop) + sum(picture_price(workshop, each) for each in styles)


@dataclass(frozen=True)
class RunPrice:
    """What a run will have to buy, and what of it there is already."""

    looks: int = 0
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
    workshop: Workshop, character_id: str, styles: Sequence[str], *, another: bool = False
) -> int:
    """Micro-dollars for a run of a character on record, leaving out what is drawn or bought already.

    `another` asks for new pictures beside those there are.
    """
    return price_run(workshop, character_id, styles, another=another).microusd


def price_run(
    workshop: Workshop, character_id: str, styles: Sequence[str], *, another: bool = False
) -> RunPrice:
    """The same in its parts. Before the person was looked at, every picture counts as one to buy."""
    with workshop.record.reading() as session:
        photo_id = characters.get(session, character_id).photo_asset_id
        photo = assets.get(session, photo_id) if photo_id else None
        profile = profiles.latest(session, character_id)
        known = profile if profile and photo and still_says_it(workshop, profile, photo.sha256) else None
        looked = known or (photo and _is_bought(session, look_key(workshop, photo.sha256)))
        to_draw = [
            style
            for style in styles
            if another or known is None or not _is_there(session, workshop, character_id, known.id, style)
        ]
    return RunPrice(
        looks=0 if looked else 1,
        pictures=len(to_draw),
        there=len(styles) - len(to_draw),
        microusd=(0 if looked else look_price(workshop)) + sum(picture_price(workshop, s) for s in to_draw),
    )


def _is_there(session: Session, workshop: Workshop, character_id: str, profile_id: str, style: str) -> bool:
    """Whether the first picture in `style` would cost nothing (more)."""
    key = work_key_ahead(session, workshop, character_id=character_id, profile_id=profile_id, style=style)
    return images.find(session, character_id=character_id, work_key=key) is not None or _is_bought(
        session, key
    )


def _is_bought(session: Session, work_key: str) -> bool:
    call = calls.by_work_key(session, work_key)
    return call is not None and call.state in _BOUGHT


def estimate_pictures(workshop: Workshop, pieces: Iterable[PictureWork]) -> int:
    """Micro-dollars for `pieces`, leaving out what is drawn or bought already."""
    total = 0
    with workshop.record.reading() as session:
        for work in pieces:
            if images.find(session, character_id=work.character_id, work_key=work.work_key):
                continue
            if not _is_bought(session, work.work_key):
                total += picture_price(workshop, work.style)
    return total


def look_price(workshop: Workshop) -> int:
    """Micro-dollars for one look at a photo, at most."""
    return workshop.vision.estimate_microusd(_NOBODY)


def picture_price(workshop: Workshop, style: str) -> int:
    """Micro-dollars for one picture in `style`."""
    request = ImageRequest(
        call_id="",
        photo=_NOBODY,
        profile=_UNSEEN,
        style=style,
        prompt="",
        parameters=style_pack(style).parameters,
    )
    return workshop.image.estimate_microusd(request)
