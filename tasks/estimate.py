"""What a run will cost, before it costs it."""

from collections.abc import Iterable, Sequence

from db.models import CallState
from db.repositories import calls, images
from tasks.profile import Attributes, Profile, Trait
from tasks.providers.protocols import ImageRequest, Photo
from tasks.style_packs import style_pack
from tasks.workshop import Workshop
from tasks.write_prompt import PictureWork

# What is bought already, or as good as: carrying it on costs nothing more.
_BOUGHT = {CallState.ACCEPTED, CallState.DELIVERED, CallState.STORED, CallState.RECORDED}

_NOBODY = Photo(data=b"", sha256="", width=1024, height=1280)
_UNSEEN = Profile(
    attributes=Attributes(**{name: Trait() for name in Attributes.model_fields}), palette=[], do_not_change=[]
)


def estimate_new(workshop: Workshop, styles: Sequence[str]) -> int:
    """Micro-dollars for a new character in `styles`: one look and one picture each."""
    return workshop.vision.estimate_microusd(_NOBODY) + sum(picture_price(workshop, each) for each in styles)


def estimate_pictures(workshop: Workshop, pieces: Iterable[PictureWork]) -> int:
    """Micro-dollars for `pieces`, leaving out what is drawn or bought already."""
    total = 0
    with workshop.record.reading() as session:
        for work in pieces:
            if images.find(session, character_id=work.character_id, work_key=work.work_key):
                continue
            call = calls.by_work_key(session, work.work_key)
            if call is None or call.state not in _BOUGHT:
                total += picture_price(workshop, work.style)
    return total


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
