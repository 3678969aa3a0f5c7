"""A provider that gives two requests one id: no answer is lost by it, and no picture taken for another."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from db.models import CallState
from db.repositories import calls
from tasks.describe_photo import describe_photo
from tasks.errors import OutcomeUnknown
from tasks.illustrate import illustrate
from tasks.ledger.leased_call import NOT_TOLD_APART
from tasks.providers.protocols import ImageOutput, ImageRequest, Photo, VisionAnswer, nothing_to_check
from tasks.runtime import Runtime
from tests.flows.conftest import runtime
from tests.support.providers import BookkeepingImage, BookkeepingVision, a_picture, a_profile
from tests.support.runtimes import new_character, new_work

__all__ = ["runtime"]


class SameAnswer(BookkeepingVision):
    """Answers as a stand-in with one canned answer does."""

    def describe(
        self, photo: Photo, call_id: str = "", last_check: Callable[[], None] = nothing_to_check
    ) -> VisionAnswer:
        super().describe(photo, call_id, last_check)
        return VisionAnswer(profile=a_profile(), model=self.model, cost_microusd=1_500, provider_id="resp_1")


@dataclass
class SameId(BookkeepingImage):
    """Accepts every picture under one id."""

    def submit(self, request: ImageRequest) -> str:
        super().submit(request)
        return "prediction-1"

    def collect(self, provider_id: str, request: ImageRequest) -> ImageOutput:
        return ImageOutput(cost_microusd=39_000, seconds=0.01, data=a_picture())


def test_two_photos_are_described_under_one_id(runtime: Runtime) -> None:
    runtime = replace(runtime, vision=SameAnswer())
    first, second = (describe_photo(runtime, new_character(runtime, shade)) for shade in (10, 20))
    assert first != second


def test_a_second_picture_under_one_id_is_possibly_paid(runtime: Runtime) -> None:
    image = SameId()
    runtime = replace(runtime, image=image)
    illustrate(runtime, new_work(runtime, "storybook"))
    second = new_work(runtime, "anime")
    with pytest.raises(OutcomeUnknown) as caught:
        illustrate(runtime, second)
    assert NOT_TOLD_APART in caught.value.sentence
    with runtime.record.reading() as session:
        call = calls.by_work_key(session, second.work_key)
    assert call is not None
    assert (call.state, call.provider_id, call.actual_microusd) == (CallState.UNKNOWN, None, None)
    with pytest.raises(OutcomeUnknown):
        illustrate(runtime, second)
    assert image.billed.total() == 2, "and is not asked for again"
