"""Dark photos are opened up; dark skin stays dark."""

import dataclasses

import numpy as np
import pytest

from tasks.perception.analysis import PersonAnalysis
from tasks.renderer.color import to_lab
from tasks.renderer.exposure import exposure_lift, open_shadows
from tasks.renderer.pixels import as_float32
from tests.tasks.renderer.conftest import Seen


def darkened(analysis: PersonAnalysis, share: float) -> PersonAnalysis:
    """The same photo with only a share of its light."""
    image = (analysis.image * share).astype(np.uint8)
    lab = to_lab(as_float32(image) / 255)
    light, red, yellow = np.median(lab[analysis.skin > 0.8], axis=0).tolist()
    colors = dataclasses.replace(analysis.colors, skin=(light, red, yellow))
    return dataclasses.replace(analysis, image=image, colors=colors, exposure=light)


def with_skin(analysis: PersonAnalysis, share: float) -> PersonAnalysis:
    """The same well-lit photo of a person with darker skin: only the skin changes, not eyes and teeth."""
    keep = 1 - analysis.skin[..., None] * (1 - share)
    bright = analysis.image.max(-1, keepdims=True) > 150
    eyes = np.zeros(analysis.image.shape[:2], bool)
    for contour in analysis.eye_contours:
        left, top = contour.min(0).astype(int)
        right, bottom = contour.max(0).astype(int) + 1
        eyes[top:bottom, left:right] = True
    image = np.where(eyes[..., None] & bright, analysis.image, analysis.image * keep).astype(np.uint8)
    light, red, yellow = analysis.colors.skin
    colors = dataclasses.replace(analysis.colors, skin=(light * share, red, yellow))
    return dataclasses.replace(analysis, image=image, colors=colors, exposure=light * share)


@pytest.mark.parametrize("name", ["astronaut", "obama"])
def test_a_well_lit_photo_is_left_alone(name: str, seen: Seen) -> None:
    assert exposure_lift(seen(name)) == 1.0


@pytest.mark.parametrize("name", ["astronaut", "obama"])
def test_a_photo_taken_in_the_dark_is_opened_up_towards_the_truth(name: str, seen: Seen) -> None:
    truth, dark = seen(name).colors.skin[0], darkened(seen(name), 0.36)
    opened = dark.colors.skin[0] * exposure_lift(dark)
    assert dark.colors.skin[0] + 10 < opened < truth


@pytest.mark.parametrize("share", [0.75, 0.55, 0.4])
def test_dark_skin_in_a_well_lit_photo_stays_dark(share: float, seen: Seen) -> None:
    person = with_skin(seen("obama"), share)
    assert person.colors.skin[0] * exposure_lift(person) <= person.colors.skin[0] + 6.5


def test_in_the_dark_the_darker_of_two_people_stays_the_darker(seen: Seen) -> None:
    light, dark = darkened(seen("astronaut"), 0.36), darkened(seen("obama"), 0.36)
    assert dark.colors.skin[0] * exposure_lift(dark) < light.colors.skin[0] * exposure_lift(light)


def test_opening_keeps_the_order_of_tones(seen: Seen) -> None:
    steps = np.linspace(0, 1, 60, dtype=np.float32)
    image = np.repeat(np.tile(steps, (60, 1))[..., None], 3, axis=2)
    everywhere = np.ones((60, 60), np.float32)
    opened = to_lab(open_shadows(image, everywhere, everywhere, 1.4))[0, :, 0]
    assert (np.diff(opened) >= -1e-3).all()
    assert opened[0] < 4
