"""The local image provider keeps the protocol's promises."""

import dataclasses
import hashlib
from pathlib import Path

import pytest

from tasks.errors import CallFailed, UsageError
from tasks.providers.local.illustrator import LocalIllustrator
from tasks.providers.local.vision import LocalVision
from tasks.providers.protocols import ImageProvider, ImageRequest, Photo
from tests.tasks.conftest import PHOTOS


@pytest.fixture(scope="module")
def request_for_flat(weights: Path) -> ImageRequest:
    data = (PHOTOS / "astronaut.jpg").read_bytes()
    photo = Photo(data, hashlib.sha256(data).hexdigest(), 1024, 1024)
    profile = LocalVision().describe(photo).profile
    return ImageRequest("call-1", photo, profile, "flat", "a flat picture", {"seed": 4})


def test_a_picture_costs_nothing_and_comes_as_bytes(request_for_flat: ImageRequest) -> None:
    illustrator: ImageProvider = LocalIllustrator()
    assert (illustrator.name, illustrator.model) == ("local", "local-illustrator-7")
    assert illustrator.estimate_microusd(request_for_flat) == 0
    provider_id = illustrator.submit(request_for_flat)
    assert provider_id == "local-call-1"
    output = illustrator.collect(provider_id, request_for_flat)
    assert output.data is not None
    assert output.data.startswith(b"\x89PNG")
    assert (output.content_type, output.cost_microusd, output.url) == ("image/png", 0, None)
    assert output.seconds > 0


def test_collecting_again_after_a_crash_gives_the_same_picture(request_for_flat: ImageRequest) -> None:
    one, other = LocalIllustrator(), LocalIllustrator()
    drawn = one.collect(one.submit(request_for_flat), request_for_flat)
    assert drawn.data == other.collect("local-call-1", request_for_flat).data


def test_the_seed_is_taken_from_the_parameters(request_for_flat: ImageRequest) -> None:
    illustrator = LocalIllustrator()
    other = dataclasses.replace(request_for_flat, parameters={"seed": 5})
    assert (
        illustrator.collect("local-call-1", request_for_flat).data
        != illustrator.collect("local-call-1", other).data
    )


def test_somebody_elses_id_is_refused(request_for_flat: ImageRequest) -> None:
    with pytest.raises(CallFailed):
        LocalIllustrator().collect("local-call-2", request_for_flat)


def test_an_unknown_style_is_a_usage_error(request_for_flat: ImageRequest) -> None:
    unknown = dataclasses.replace(request_for_flat, style="oil")
    with pytest.raises(UsageError):
        LocalIllustrator().collect("local-call-1", unknown)
