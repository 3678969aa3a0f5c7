"""What describes photos and draws in a rehearsal: the local engine, or flat cards without its weights."""

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
from tasks.styles.packs import drawn_locally, style_packs
from ui.rehearsal.photos import InputPhoto

_RATIOS = {
    "1:1": (1024, 1024),
    "2:3": (832, 1248),
    "3:4": (864, 1184),
    "4:5": (896, 1152),
    "9:16": (768, 1344),
}


@dataclass(frozen=True)
class PictureSpec:
    """Which picture a request asks for."""

    style: str | None
    seed: int
    aspect_ratio: str = "match_input_image"
    output_format: str = "png"  # png, jpg or webp

    @property
    def content_type(self) -> str:
        """The MIME type of `output_format`."""
        return "image/jpeg" if self.output_format == "jpg" else f"image/{self.output_format}"


class RehearsalEngine:
    """Runs at most two jobs at a time, in threads of its own so that the event loop stays free."""

    def __init__(self, *, quick: bool) -> None:
        self._quick = quick
        self._executor = ThreadPoolExecutor(2, thread_name_prefix="rehearsal-engine")
        self._has_weights: bool | None = None
        self._lock = threading.Lock()

    async def draw(self, photo: InputPhoto | None, spec: PictureSpec) -> bytes:
        """The encoded picture, in `spec.output_format`."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._draw, photo, spec)

    async def describe(self, photo: InputPhoto | None) -> dict[str, Any]:
        """The profile of the photo's main person as JSON; a sample one without photo, face or weights."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._describe, photo)

    def close(self) -> None:
        """Stop the threads; jobs that have not begun are dropped."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _draw(self, photo: InputPhoto | None, spec: PictureSpec) -> bytes:
        drawn = self._draw_with_engine(photo, spec) if photo and self._has_engine() else None
        if drawn is None:
            return flat_picture(photo, spec)
        if spec.output_format == "png":
            return drawn
        with Image.open(io.BytesIO(drawn)) as picture:
            return _encoded(picture, spec)

    def _draw_with_engine(self, photo: InputPhoto, spec: PictureSpec) -> bytes | None:
        from tasks.styles.drawing import draw_photo  # noqa: PLC0415 - OpenCV is slow to come

        if spec.style not in drawn_locally():
            return None
        try:
            return draw_photo(_as_photo(photo), spec.style, spec.seed, {})
        except (StorykinError, UnidentifiedImageError):
            return None  # nobody in the photo: an image model would draw something all the same

    def _describe(self, photo: InputPhoto | None) -> dict[str, Any]:
        if photo and self._has_engine():
            from tasks.providers.local.vision import LocalVision  # noqa: PLC0415

            try:
                return LocalVision().describe(_as_photo(photo)).profile.model_dump(mode="json")
            except (StorykinError, UnidentifiedImageError):
                pass
        return sample_profile()

    def _has_engine(self) -> bool:
        with self._lock:
            if self._has_weights is None:
                self._has_weights = not self._quick and _weights_installed()
            return self._has_weights


def _weights_installed() -> bool:
    from tasks.perception.weights import missing_weights  # noqa: PLC0415

    return not missing_weights()


def _as_photo(photo: InputPhoto) -> Photo:
    with Image.open(io.BytesIO(photo.data)) as picture:
        width, height = picture.size
    return Photo(data=photo.data, sha256=photo.sha256, width=width, height=height)


def picture_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels; (1, 1) where `data` is no picture."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return picture.size
    except (UnidentifiedImageError, OSError):
        return 1, 1


def flat_picture(photo: InputPhoto | None, spec: PictureSpec) -> bytes:
    """An encoded card with the style's name and a badge that differs for every photo and seed."""
    size = _RATIOS.get(spec.aspect_ratio, _RATIOS["4:5"])
    pack = style_packs().get(spec.style or "")
    picture = Image.new("RGB", size, pack.colors.ground if pack else "#b0b0b0")
    pen = ImageDraw.Draw(picture)
    pen.text((size[0] // 8, size[1] // 8), pack.label if pack else "Rehearsal", fill="#202020", font_size=72)
    marks = hashlib.sha256(f"{photo.sha256 if photo else ''} {spec.seed}".encode()).digest()
    step = size[0] // 8
    for number, mark in enumerate(marks):  # a badge that tells two pictures apart at a glance
        x, y = number % 4 * step + 2 * step, number // 4 * step // 2 + size[1] // 3
        pen.rectangle((x, y, x + step - 8, y + step // 2 - 8), fill=(mark, 255 - mark, 128))
    return _encoded(picture, spec)


def _encoded(picture: Image.Image, spec: PictureSpec) -> bytes:
    file = io.BytesIO()
    kind = {"jpg": "JPEG", "webp": "WEBP"}.get(spec.output_format, "PNG")
    picture.save(file, kind)
    return file.getvalue()


def sample_profile() -> dict[str, Any]:
    """A fixed profile, for a rehearsal without the local engine."""

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
            "headwear": trait("none"),
            "hair_texture": trait("wavy"),
            "glasses_shape": trait(None),
            "clothes_pattern": trait("stripes"),
            "garment": trait("T-shirt"),
            "neckline": trait("crew neck"),
            "sleeves": trait("short"),
        },
        "palette": [
            {"part": "skin", "name": "medium", "hex": "#c68642", "share": 1.0},
            {"part": "hair", "name": "dark brown", "hex": "#3b2a20", "share": 1.0},
        ],
        "do_not_change": ["short dark brown hair", "brown eyes", "orange striped T-shirt"],
        "monochrome": False,
        "notes": [],
    }
