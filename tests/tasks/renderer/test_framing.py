"""Where people are put on the sheet: small faces grow, big ones stay whole, hair stays in."""

import pytest

from tasks.styles.packs import drawn_locally
from tests.tasks.renderer.altered import only_the_face, scaled
from tests.tasks.renderer.conftest import Seen
from tests.tasks.renderer.figures import figure_of


@pytest.mark.parametrize("style", drawn_locally())
@pytest.mark.parametrize("share", [0.15, 1.0])
def test_a_face_has_the_same_size_on_the_sheet_whatever_its_size_in_the_photo(
    style: str, share: float, seen: Seen
) -> None:
    figure = figure_of(scaled(seen("obama"), share), style)
    assert 0.26 < figure.face_height / 1024 < 0.36


def test_a_photo_of_hardly_more_than_a_face_fills_the_sheet(seen: Seen) -> None:
    figure = figure_of(only_the_face(seen("astronaut"), 0.12), "watercolor")
    assert 0.5 < figure.face_height / 1024 < 0.75
    assert (figure.mesh.min(0) > 0).all()
    assert (figure.mesh.max(0) < (820, 1024)).all()


@pytest.mark.parametrize("name", ["astronaut", "obama", "biden"])
def test_the_hair_stays_on_the_sheet(name: str, seen: Seen) -> None:
    figure = figure_of(seen(name), "anime")
    assert figure.person[:20].max() < 0.2
    assert figure.hair[20:].max() > 0.9


def test_landmarks_move_with_the_picture(seen: Seen) -> None:
    """Enlarged eyes stay under their landmarks: the iris is where the picture is dark."""
    figure = figure_of(seen("astronaut"), "anime")
    gray = figure.image.mean(-1)
    for (center, radius), contour in zip(figure.irises, figure.eye_contours, strict=True):
        x, y = center.ravel().astype(int).tolist()
        reach = max(2, int(radius * 0.5))
        inner = gray[y - reach : y + reach + 1, x - reach : x + reach + 1].mean()
        below_the_eye = contour[:, 1].max() + 8
        assert inner < gray[int(below_the_eye) : int(below_the_eye) + 8, x - 4 : x + 5].mean() - 0.2
