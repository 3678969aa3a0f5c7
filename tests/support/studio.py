"""A studio whose eyes, brush and Prefect are stand-ins; its record, its store and its pages are real."""

import asyncio
import hashlib
import io
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from db.engine import Record
from flows.character_run import run_character
from flows.request_run import AskedRun
from flows.run_request import RunRequest
from tasks import pipeline
from tasks.errors import CallFailed, StorykinError
from tasks.intake.normalize import NormalizedPhoto
from tasks.photo.codes import refusal
from tasks.picture_options import picture_options
from tasks.profile import Profile
from tasks.providers.protocols import ImageOutput, ImageRequest, Photo, Store, VisionAnswer, nothing_to_check
from tasks.providers.store.disk import DiskStore
from tasks.providers.store.keys import incoming_key
from tasks.runtime import Runtime
from tests.support.records import fresh_record
from ui.addresses import at
from ui.handlers.start import NewCharacter, start_character
from ui.links import MediaLinks
from ui.services import StudioServices

SECRET = b"a secret of the tests, 32 bytes!"
PROFILE = Profile.model_validate(
    {
        "attributes": {
            "hair_colour": {"value": "dark brown", "confidence": 0.9, "hex": "#3b2a22"},
            "hair_length": {"value": "shoulder-length", "confidence": 0.7},
            "eyes": {"value": "brown", "confidence": 0.6, "hex": "#5a3b25"},
            "skin": {"value": "light", "confidence": 0.8, "hex": "#e0b394"},
            "clothes": {"value": "orange", "confidence": 0.85, "hex": "#d5582a"},
            "glasses": {"value": "none", "confidence": 0.9},
            "facial_hair": {"value": "none", "confidence": 0.9},
            "face_shape": {"value": "oval", "confidence": 0.4},
            "age_band": {"value": None, "confidence": 0.0},
            "expression": {"value": "smiling", "confidence": 0.8},
        },
        "palette": [
            {"part": "skin", "name": "warm sand", "hex": "#e0b394"},
            {"part": "hair", "name": "dark brown", "hex": "#3b2a22"},
            {"part": "clothes", "name": "burnt orange", "hex": "#d5582a"},
        ],
        "do_not_change": ["shoulder-length dark brown hair", "light skin"],
        "notes": [],
    }
)
_BACKGROUNDS = {
    "watercolor": "#cfe0ea",
    "storybook": "#2f4a63",
    "anime": "#a9d7f5",
    "flat": "#f4c9a4",
    "colored-pencil": "#f3ead8",
}


class StandInVision:
    """Sees the same person in every photo."""

    name, model, charges, answer_seconds = "local", "stand-in-eyes", False, 30.0

    def estimate_microusd(self, photo: Photo) -> int:
        return 0

    def describe(
        self, photo: Photo, call_id: str = "", last_check: Callable[[], None] = nothing_to_check
    ) -> VisionAnswer:
        last_check()
        return VisionAnswer(PROFILE, self.model)


@dataclass
class StandInImage:
    """Draws a plain head; styles in `failing` fail."""

    failing: set[str] = field(default_factory=set)
    gate: Callable[[str], None] = lambda _style: None
    name: str = "local"
    model: str = "stand-in-brush"
    charges: bool = False
    answer_seconds: float = 30.0

    def estimate_microusd(self, request: ImageRequest) -> int:
        return 0

    def submit(self, request: ImageRequest) -> str:
        if request.style in self.failing:
            raise CallFailed("The brush broke.", code="brush_broke")
        return f"drawn-{request.call_id}"

    def collect(self, provider_id: str, request: ImageRequest) -> ImageOutput:
        self.gate(request.style)
        return ImageOutput(0, 0.1, data=_head(request.style, int(request.parameters["seed"])))


def _head(style: str, seed: int) -> bytes:
    picture = Image.new("RGB", (820, 1024), _BACKGROUNDS[style])
    draw = ImageDraw.Draw(picture)
    lean = seed % 60 - 30
    draw.ellipse((110, 700, 710, 1300), fill="#d5582a")
    draw.ellipse((230 + lean, 190, 590 + lean, 660), fill="#3b2a22")
    draw.ellipse((265 + lean, 260, 555 + lean, 640), fill="#e0b394")
    for x in (350, 470):
        draw.ellipse((x - 16 + lean, 420, x + 16 + lean, 452), fill="#33231a")
    draw.arc((350 + lean, 470, 470 + lean, 570), 20, 160, fill="#8a2f22", width=10)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def photo_bytes(color: str = "#b98f6f") -> bytes:
    """A JPEG that the stand-in intake accepts; black and white mean trouble, see `stand_in_normalize`."""
    picture = Image.new("RGB", (600, 750), color)
    ImageDraw.Draw(picture).ellipse((180, 150, 420, 500), fill=color)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=90)
    return stream.getvalue()


def stand_in_normalize(data: bytes, *, face: int | str | None = None) -> NormalizedPhoto:
    """Black has no face in it, white has several; what is no picture is refused as such."""
    try:
        picture = Image.open(io.BytesIO(data)).convert("RGB")
    except OSError:
        raise refusal("not_an_image") from None
    light = float(np.asarray(picture).mean())
    if light < 8:
        raise refusal("no_face")
    if light > 247 and face is None:
        raise refusal("several_faces")
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=92)
    kept = stream.getvalue()
    photo = Photo(kept, hashlib.sha256(kept).hexdigest(), picture.width, picture.height)
    return NormalizedPhoto(photo, faces=1)


async def stand_in_runner(step: Any, /, *given: Any, **named: Any) -> Any:
    """The real steps, except for those that need the local engine's eyes."""
    if step is pipeline.recheck_photo:
        return []
    if step is pipeline.score_likeness:
        return {"metric_version": "stand-in-1", "identity": 0.62, "identity_mark": 0.45, "warnings": []}
    return await pipeline.untracked(step, *given, **named)


@dataclass
class StandInPrefect:
    """Runs what it is given, once a token: at once, or on a thread of its own with `in_background`."""

    runtime: Runtime
    in_background: bool = False
    away: str = ""  # the sentence it refuses with
    orders: list[RunRequest] = field(default_factory=list)
    runners: list[threading.Thread] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)  # run tokens

    def submit(
        self, character_id: str, styles: list[str], run_token: str, *, another: bool = False, **chosen: str
    ) -> str:
        if self.away:
            raise StorykinError(self.away, code="prefect_unreachable")
        options = picture_options(chosen.get("framing"), chosen.get("resolution"))
        order = RunRequest(character_id, tuple(styles), run_token, another, options=options)
        if order not in self.orders:
            self.orders.append(order)
            runner = threading.Thread(target=self._run, args=(order,), daemon=True)
            runner.start()
            self.runners.append(runner)
            if not self.in_background:
                runner.join()
        return f"flow-run-{run_token}"

    def cancel(self, run_token: str) -> bool:
        if self.away:
            raise StorykinError(self.away, code="prefect_unreachable")
        self.cancelled.append(run_token)
        return True

    def finish(self) -> None:
        """Wait until every run is over."""
        for runner in self.runners:
            runner.join(timeout=120)

    def _run(self, order: RunRequest) -> None:
        asyncio.run(run_character(order, stand_in_runner, self.runtime))


@dataclass
class StandInStudio:
    """The services of a studio in one folder, and the stand-ins behind them."""

    services: StudioServices
    prefect: StandInPrefect
    image: StandInImage

    def upload(self, data: bytes | None = None) -> str:
        """Put a photo where an upload would; returns its key."""
        key = incoming_key()
        self.services.store.put(key, data or photo_bytes(), "image/jpeg")
        return key

    def form(self, **changed: Any) -> NewCharacter:
        """A filled-in form with a photo, but for what is `changed`."""
        filled: dict[str, Any] = {
            "photo_key": "",
            "name": "Maya",
            "gender": "girl",
            "styles": ("watercolor", "anime"),
            "consent": True,
        }
        filled |= changed
        return NewCharacter(**filled | {"photo_key": filled["photo_key"] or self.upload()})

    def character(self, **changed: Any) -> str:
        """The id of a character that was started with such a form."""
        started = start_character(self.services, self.form(**changed))
        assert isinstance(started, AskedRun)
        return started.character_id


def _dashboard_url(page: str, _owner: bool) -> str:
    return f"http://127.0.0.1:4200{page}"


def stand_in_studio(
    home: Path,
    *,
    origin: str = "http://127.0.0.1:7860",
    in_background: bool = False,
    store: Store | None = None,
    dashboard_url: Callable[[str, bool], str] = _dashboard_url,
) -> StandInStudio:
    """A whole studio in `home`: a migrated SQLite record (made unless it is there), and a store on disk."""
    url = f"sqlite:///{home / 'storykin.db'}"
    if not (home / "storykin.db").exists():
        fresh_record(home / "storykin.db")
    store = store or DiskStore(home / "store", base_url=origin + at(""), secret=SECRET)
    image = StandInImage()
    runtime = Runtime(Record(url), store, StandInVision(), image)
    prefect = StandInPrefect(runtime, in_background=in_background)
    services = StudioServices(
        runtime=runtime,
        links=MediaLinks(store, origin, SECRET),
        submit=prefect.submit,
        cancel=prefect.cancel,
        dashboard_url=dashboard_url,
        normalize=stand_in_normalize,
        public_origin=origin,
        home=home,
        checks={"record": lambda: "The record is up to date."},
    )
    return StandInStudio(services, prefect, image)
