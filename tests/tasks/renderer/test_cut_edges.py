"""Where a person was cut from the next, or by the photo, nothing in the drawing may look like scissors."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.perception.analysis import PersonAnalysis
from tasks.perception.analyze import analyze
from tasks.renderer.silhouette import smooth_outline
from tasks.styles.drawing import draw
from tests.tasks.renderer.altered import column_beside_face, cropped, cut_at
from tests.tasks.renderer.conftest import Drawn, Seen, pixels
from tests.tasks.renderer.figures import figure_of
from tests.tasks.renderer.style_slices import styles_in_slices

HERE = "tests/tasks/renderer/test_cut_edges.py"
SCISSORS = 150  # pixels of upright straight edge, in a drawing of 1024, that nobody's hand would draw


def longest_upright_edge(picture: NDArray[np.uint8]) -> int:
    """The length in pixels of the longest straight upright edge below the middle of a picture.

    An edge pixel is one whose left and right neighbourhoods differ clearly; an upright edge is a run of
    them that stays within two columns, small gaps forgiven.
    """
    soft = cv2.GaussianBlur(picture, (0, 0), 2.0).astype(np.float32)
    step = np.abs(soft[:, 8:] - soft[:, :-8]).max(-1)
    strong = (step > 60) & (step >= cv2.dilate(step, np.ones((1, 7), np.uint8)))
    lower = strong[picture.shape[0] // 2 :].astype(np.uint8)
    near = cv2.dilate(lower, np.ones((1, 3), np.uint8))
    joined = cv2.morphologyEx(near, cv2.MORPH_CLOSE, np.ones((9, 1), np.uint8))
    longest = 0
    run = np.zeros(joined.shape[1], int)
    for row in joined:
        run = (run + 1) * row
        longest = max(longest, int(run.max()))
    return longest


@pytest.fixture(scope="module")
def neighbours(seen: Seen) -> PersonAnalysis:
    """One photo of two people, a shoulder of each hidden behind the other."""
    left, right = seen("biden"), seen("obama")
    one = left.image[:, : column_beside_face(left, 0.8)]
    other = right.image[:, column_beside_face(right, -0.75) :]
    rows = min(len(one), len(other))
    return analyze(np.hstack([one[:rows], other[:rows]]))


def test_the_measure_sees_scissors(seen: Seen, drawn: Drawn) -> None:
    drawing = pixels(drawn("obama", "anime")).copy()
    drawing[:, :260] = (240, 200, 120)
    assert longest_upright_edge(drawing) > 300


def test_the_measure_lets_whole_people_be(drawn: Drawn) -> None:
    assert longest_upright_edge(pixels(drawn("astronaut", "watercolor"))) < SCISSORS


@pytest.mark.parametrize(
    "style",
    styles_in_slices(f"{HERE}::test_a_shoulder_cut_off_by_a_neighbour_does_not_end_in_a_straight_line"),
)
def test_a_shoulder_cut_off_by_a_neighbour_does_not_end_in_a_straight_line(style: str, seen: Seen) -> None:
    drawing = draw(cut_at(seen("obama"), -0.75), style, 0, {})
    assert longest_upright_edge(pixels(drawing)) < SCISSORS


@pytest.mark.parametrize(
    "style", styles_in_slices(f"{HERE}::test_a_shoulder_cut_off_by_the_photo_does_not_either")
)
def test_a_shoulder_cut_off_by_the_photo_does_not_either(style: str, seen: Seen) -> None:
    analysis = seen("obama")
    rows, columns = analysis.image.shape[:2]
    half = cropped(analysis, column_beside_face(analysis, -0.8), 0, columns, rows)
    assert longest_upright_edge(pixels(draw(half, style, 0, {}))) < SCISSORS


@pytest.mark.parametrize(
    "style", styles_in_slices(f"{HERE}::test_of_two_people_shoulder_to_shoulder_the_main_one_is_drawn_whole")
)
def test_of_two_people_shoulder_to_shoulder_the_main_one_is_drawn_whole(
    style: str, neighbours: PersonAnalysis
) -> None:
    assert neighbours.face_count == 2
    assert longest_upright_edge(pixels(draw(neighbours, style, 0, {}))) < SCISSORS


def test_the_cut_is_known_for_what_it_is(seen: Seen) -> None:
    whole = figure_of(seen("obama"), "storybook")
    cut = figure_of(cut_at(seen("obama"), -0.75), "storybook")
    assert (whole.fade > 0.99).mean() > 0.97
    assert ((cut.fade < 0.5) & (cut.person > 0.5)).sum() > 2000


def test_a_jagged_outline_becomes_a_smooth_one() -> None:
    jagged = np.zeros((400, 400), np.float32)
    for step in range(20):  # a slanted side in steps, as an enlarged mask has it
        jagged[step * 20 : step * 20 + 20, 60 + step * 10 :] = 1
    jagged[150:156, 340:346] = 0  # a hole
    jagged[380:390, 5:15] = 1  # an island
    smooth = smooth_outline(jagged, 300)
    left = (smooth > 0.5).argmax(1)[40:360]
    assert np.abs(np.diff(left, 2)).max() <= 2
    assert smooth[153, 343] > 0.9
    assert smooth[385, 10] < 0.1
