"""What a run will cost, before it costs it."""

from collections.abc import Iterable, Sequence

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


def estimate_run(
    workshop: Workshop, character_id: str, styles: Sequence[str], *, another: bool = False
) -> int:
    """Micro-dollars for a run of a character on record, leaving out what is drawn or bought already.

    `another` asks for new pictures beside those there are.
    """
    with workshop.record.reading() as session:
        photo_id = characters.get(session, character_id).photo_asset_id
        photo = assets.get(session, photo_id) if photo_id else None
        profile = profiles.latest(session, character_id)
        if profile is None or photo is None or not still_says_it(workshop, profile, photo.sha256):
            looked = photo is not None and _is_bought(session, look_key(workshop, photo.sha256))
            return estimate_new(workshop, styles) - (look_price(workshop) if looked else 0)
        return sum(
            picture_price(workshop, style)
            for style in styles
            if another or not _is_there(session, workshop, character_id, profile.id, style)
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
