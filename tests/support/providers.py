"""Stand-ins for the outside world that keep their own books, and can be told to misbehave."""

import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from PIL import Image

from tasks.profile import Attributes, Profile, Swatch, Trait
from tasks.providers.protocols import ImageOutput, ImageRequest, Photo, VisionAnswer, nothing_to_check


def a_profile() -> Profile:
    seen = {name: Trait(value="some", confidence=0.9) for name in Attributes.model_fields}
    return Profile(
        attributes=Attributes.model_validate(seen),
        palette=[Swatch(part="skin", name="light", hex="#e0b090")],
        do_not_change=["round face"],
    )


def a_picture(color: tuple[int, int, int] = (200, 80, 40)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (82, 102), color).save(file, "PNG")
    return file.getvalue()


@dataclass
class BookkeepingVision:
    """Describes every photo the same way. `looked` counts the requests that reached it."""

    charges: bool = True
    answer_seconds: float = 30.0
    name: str = "local"
    model: str = "vision-of-the-test"
    looked: Counter[str] = field(default_factory=Counter)
    misbehave: Callable[[int], None] = lambda _count: None

    def estimate_microusd(self, photo: Photo) -> int:
        return 2_000 if self.charges else 0

    def describe(
        self, photo: Photo, call_id: str = "", last_check: Callable[[], None] = nothing_to_check
    ) -> VisionAnswer:
        last_check()
        self.looked[photo.sha256] += 1
        self.misbehave(self.looked.total())
        return VisionAnswer(profile=a_profile(), model=self.model, cost_microusd=1_500 if self.charges else 0)


@dataclass
class BookkeepingImage:
    """Draws a plain square. `billed` counts what it would have on its bill, by call."""

    charges: bool = True
    answer_seconds: float = 30.0
    name: str = "local"
    model: str = "image-of-the-test"
    billed: Counter[str] = field(default_factory=Counter)
    fetched: Counter[str] = field(default_factory=Counter)
    before_billing: Callable[[str], None] = lambda _style: None
    after_billing: Callable[[str], None] = lambda _style: None
    on_collect: Callable[[str], None] = lambda _style: None

    def estimate_microusd(self, request: ImageRequest) -> int:
        return 39_000 if self.charges else 0

    def submit(self, request: ImageRequest) -> str:
        self.before_billing(request.style)
        request.last_check()
        self.billed[request.call_id] += 1
        self.after_billing(request.style)
        return f"prediction-{request.call_id}-{self.billed[request.call_id]}"

    def collect(self, provider_id: str, request: ImageRequest) -> ImageOutput:
        self.fetched[provider_id] += 1
        self.on_collect(request.style)
        digits = str(request.parameters["seed"]).ljust(6, "0")
        color = (int(digits[:2]), int(digits[2:4]), int(digits[4:6]))  # no two characters' alike
        return ImageOutput(cost_microusd=39_000, seconds=0.01, data=a_picture(color))
