"""Glasses are found as geometry and drawn as glasses; nobody gets a pair who has none."""

import dataclasses

import cv2
import numpy as np
import pytest

from tasks.perception.analysis import PersonAnalysis
from tasks.renderer.lens_outlines import find_frames
from tasks.styles.drawing import draw
from tasks.styles.packs import drawn_locally
from tests.tasks.renderer.conftest import Drawn, Seen, pixels
from tests.tasks.renderer.figures import figure_of

FRAME = (30, 25, 25)


def wearing(analysis: PersonAnalysis, kind: str) -> PersonAnalysis:
    """The same photo with thick round glasses, or sunglasses, painted on."""
    image, mesh = analysis.image.copy(), analysis.mesh
    span = float(np.linalg.norm(mesh[33] - mesh[263]))
    radii, thick = (int(span * 0.30), int(span * 0.24)), max(2, int(span * 0.045))
    for outer, inner in ((33, 133), (263, 362)):
        x, y = ((mesh[outer] + mesh[inner]) / 2 + (0, span * 0.05)).astype(int).tolist()
        cv2.ellipse(
            image, (x, y), radii, 0, 0, 360, FRAME, -1 if kind == "sunglasses" else thick, cv2.LINE_AA
        )
    x, y = mesh[168].astype(int).tolist()
    cv2.line(image, (x - int(span * 0.1), y), (x + int(span * 0.1), y), FRAME, thick, cv2.LINE_AA)
    return dataclasses.replace(analysis, image=image, eyewear=kind)


@pytest.mark.parametrize("kind", ["glasses", "sunglasses"])
@pytest.mark.parametrize("name", ["astronaut", "obama"])
def test_frames_lie_around_the_eyes(name: str, kind: str, seen: Seen) -> None:
    figure = figure_of(wearing(seen(name), kind), "storybook")
    frames = find_frames(figure)
    assert frames is not None
    assert (frames.tint is not None) == (kind == "sunglasses")
    assert float(frames.color.max()) < 0.35
    for lens, contour in zip(frames.lenses, figure.eye_contours, strict=True):
        low, high = lens.min(0), lens.max(0)
        assert (low < contour.min(0)).all()
        assert (contour.max(0) < high).all()
        assert (high - low)[0] == pytest.approx(
            0.6 * np.linalg.norm(figure.mesh[33] - figure.mesh[263]), rel=0.2
        )


@pytest.mark.parametrize("name", ["astronaut", "obama", "biden"])
@pytest.mark.parametrize("claimed", [None, "glasses", "sunglasses"])
def test_bare_faces_get_no_glasses_whatever_was_claimed(name: str, claimed: str | None, seen: Seen) -> None:
    figure = figure_of(dataclasses.replace(seen(name), eyewear=claimed), "storybook")
    assert find_frames(figure) is None


@pytest.mark.parametrize("style", drawn_locally())
def test_sunglasses_cover_the_eyes_in_every_style(style: str, seen: Seen, drawn: Drawn) -> None:
    person = wearing(seen("astronaut"), "sunglasses")
    figure = figure_of(person, style)
    drawing = pixels(draw(person, style, 0, {}))
    for contour in figure.eye_contours:
        x, y = contour.mean(0).astype(int).tolist()
        assert drawing[y - 6 : y + 7, x - 6 : x + 7].mean() < 100
