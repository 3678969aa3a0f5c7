"""Who looks and draws in a rehearsal: the local engine where its weights are, else a flat stand-in."""

import asyncio
import hashlib
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw, UnidentifiedImageError

from tasks.errors import StorykinError
from tasks.providers.protocols import Photo
from tasks.styles.packs import style_packs
from ui.rehearsal.photos import GivenPhoto

_COLOURS = {
    "watercolor": "#9cc3d5",
    "storybook": "#d9a066",
    "anime": "#f2a7c3",
    "flat": "#f4c542",
    "colored-pencil": "#8fb996",
}
_RATIOS = {
    "1:1": (1024, 1024),
    "2:3": (832, 1248),
    "3:4": (864, 1184),
    "4:5": (896, 1152),
    "9:16": (768, 1344),
}


@dataclass(frozen=True)
class Commission:
    """A picture that is asked for."""

    style: str | None
    seed: int
    aspect_ratio: str = "match_input_image"
    output_format: str = "png"  # png, jpg or webp

    @property
    def content_type(self) -> str:
        """The picture's type."""
        return "image/jpeg" if self.output_format == "jpg" else f"image/{self.output_format}"


class Artist:
    """Two drawings at a time, off the event loop."""

    def __init__(self, *, quick: bool) -> None:
        self._quick = quick
        self._at_work = ThreadPoolExecutor(2, thread_name_prefix="artist")
        self._equipped: bool | None = None
        self._lock = threading.Lock()

    async def draw(self, photo: GivenPhoto | None, commission: Commission) -> bytes:
        """The picture, in the format that was asked for."""
        return await asyncio.get_running_loop().run_in_executor(self._at_work, self._draw, photo, commission)

    async def describe(self, photo: GivenPhoto | None) -> dict[str, Any]:
        """The profile of the photo's main person, or a made-up one."""
        return await asyncio.get_running_loop().run_in_executor(self._at_work, self._describe, photo)

    def close(self) -> None:
        """Let go of drawings that wait."""
        self._at_work.shutdown(wait=False, cancel_futures=True)

    def _draw(self, photo: GivenPhoto | None, commission: Commission) -> bytes:
        drawn = self._engine_draws(photo, commission) if photo and self._has_engine() else None
        if drawn is None:
            return flat_picture(photo, commission)
        if commission.output_format == "png":
            return drawn
        with Image.open(io.BytesIO(drawn)) as picture:
            return _encoded(picture, commission)

    def _engine_draws(self, photo: GivenPhoto, commission: Commission) -> bytes | None:
        from tasks.perception.analyze import analyse_photo  # noqa: PLC0415
        from tasks.renderer import STYLES, draw  # noqa: PLC0415 - OpenCV is slow to come

        if commission.style not in STYLES:
            return None
        try:
            return draw(analyse_photo(_as_photo(photo)), commission.style, commission.seed, {})
        except (StorykinError, UnidentifiedImageError):
            return None  # nobody in the photo: an image model would draw something all the same

    def _describe(self, photo: GivenPhoto | None) -> dict[str, Any]:
        if photo and self._has_engine():
            from tasks.providers.local.vision import LocalVision  # noqa: PLC0415

            try:
                return LocalVision().describe(_as_photo(photo)).profile.model_dump(mode="json")
            except (StorykinError, UnidentifiedImageError):
                pass
        return made_up_profile()

    def _has_engine(self) -> bool:
        with self._lock:
            if self._equipped is None:
                self._equipped = not self._quick and _weights_are_here()
            return self._equipped


def _weights_are_here() -> bool:
    from tasks.perception.weights import missing_weights  # noqa: PLC0415

    return not missing_weights()


def _as_photo(photo: GivenPhoto) -> Photo:
    with Image.open(io.BytesIO(photo.data)) as picture:
        width, height = picture.size
    return Photo(data=photo.data, sha256=photo.sha256, width=width, height=height)


def picture_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels; 1x1 where it is no picture."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return picture.size
    except (UnidentifiedImageError, OSError):
        return 1, 1


def flat_picture(photo: GivenPhoto | None, commission: Commission) -> bytes:
    """A plain card with the style's name, another for every photo and seed."""
    size = _RATIOS.get(commission.aspect_ratio, _RATIOS["4:5"])
    picture = Image.new("RGB", size, _COLOURS.get(commission.style or "", "#b0b0b0"))
    pen = ImageDraw.Draw(picture)
    pack = style_packs().get(commission.style or "")
    pen.text((size[0] // 8, size[1] // 8), pack.label if pack else "Rehearsal", fill="#202020", font_size=72)
    marks = hashlib.sha256(f"{photo.sha256 if photo else ''} {commission.seed}".encode()).digest()
    step = size[0] // 8
    for number, mark in enumerate(marks):  # a badge that tells two pictures apart at a glance
        x, y = number % 4 * step + 2 * step, number // 4 * step // 2 + size[1] // 3
        pen.rectangle((x, y, x + step - 8, y + step // 2 - 8), fill=(mark, 255 - mark, 128))
    return _encoded(picture, commission)


def _encoded(picture: Image.Image, commission: Commission) -> bytes:
    file = io.BytesIO()
    kind = {"jpg": "JPEG", "webp": "WEBP"}.get(commission.output_format, "PNG")
    picture.save(file, kind)
    return file.getvalue()


def made_up_profile() -> dict[str, Any]:
    """A profile for a rehearsal without the local engine."""

    def trait(value: str | None, hex: str | None = None) -> dict[str, Any]:
        return {"value": value, "confidence": 0.8 if value else 0.0, "hex": hex}

    return {
        "attributes": {
            "hair_colour": trait("dark brown", "#3b2a20"),
            "hair_length": trait("short"),
            "eyes": trait("brown", "#5a3a22"),
            "skin": trait("medium", "#c68642"),
            "clothes": trait("orange", "#d9792b"),
            "glasses": trait("none"),
            "facial_hair": trait("none"),
            "face_shape": trait("oval"),
            "age_band": trait("child"),
            "expression": trait("smiling"),
        },
        "palette": [
            {"part": "skin", "name": "medium", "hex": "#c68642", "share": 1.0},
            {"part": "hair", "name": "dark brown", "hex": "#3b2a20", "share": 1.0},
        ],
        "do_not_change": ["short dark brown hair", "brown eyes"],
        "monochrome": False,
        "notes": [],
    }
