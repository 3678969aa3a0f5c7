"""What a reader sees of a drawn character, style by style. The person is made of plain shapes."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.arrays import Points
from tasks.design.shapes import Framing
from tasks.media.place import place_design
from tasks.media.placement import PRINT, SCREEN, Drawing
from tasks.styles.drawing import draw_design
from tests.support.color_difference import difference_of_lab, lab_of_bgr, mean_difference
from tests.support.designs import SKINS, a_design

STYLES = ("watercolor", "storybook", "anime", "flat", "colored-pencil")
LIGHTEST_HUE_SHIFT = 2.0  # L*: paper grain and strokes even out


@cache
def drawn(style: str, skin: str = "medium", framing: Framing = Framing.PORTRAIT, seed: int = 7) -> Drawing:
    return draw_design(a_design(SKINS[skin], framing), style, seed, {})


def patch(picture: NDArray[np.uint8], middle: tuple[float, float], reach: int = 14) -> NDArray[np.uint8]:
    """The pixels around a point given in head units, of a portrait."""
    x, y = at(middle)
    return picture[y - reach : y + reach, x - reach : x + reach]


def at(point: tuple[float, float]) -> tuple[int, int]:
    """Where a point given in head units is on the sheet, but for the seed's nudge of a few pixels."""
    placed: Points = place_design(a_design(), *SCREEN).pixels(np.array(point, np.float32))
    return round(float(placed[0])), round(float(placed[1]))


@pytest.mark.parametrize("skin", SKINS)
@pytest.mark.parametrize("style", STYLES)
def test_skin_keeps_its_color_in_every_medium(style: str, skin: str) -> None:
    forehead = patch(drawn(style, skin).sheet, (-6, -44), 20)
    seen = np.median(lab_of_bgr(forehead.reshape(-1, 3) / 255), axis=0)
    assert difference_of_lab(seen, SKINS[skin]) <= 5
    assert seen[0] <= SKINS[skin][0] + LIGHTEST_HUE_SHIFT  # never lighter by choice of style


@pytest.mark.parametrize("style", STYLES)
def test_skin_is_not_stained(style: str) -> None:
    face = lab_of_bgr(patch(drawn(style).sheet, (-1, -40), 18) / 255)
    cells = face.reshape(6, 6, 6, 6, 3).mean((1, 3))  # blotches, not grain
    assert cells[..., 0].std() < 1.6
    assert np.abs(cells - cells.mean((0, 1))).max() < 6


@pytest.mark.parametrize("style", STYLES)
def test_the_cut_out_holds_the_person_and_nothing_else(style: str) -> None:
    drawing = drawn(style)
    assert drawing.alpha[0, 0] == drawing.alpha[0, -1] == drawing.alpha[3, 410] == 0
    assert patch(drawing.alpha, (0, -40)).min() == 255
    face, own = patch(drawing.sheet, (-4, -40)), patch(drawing.figure, (-4, -40))
    assert mean_difference(face, own) < 3


@pytest.mark.parametrize("style", STYLES)
def test_a_whole_figure_stands_whole_on_its_sheet(style: str) -> None:
    alpha = drawn(style, "light", Framing.FULL_BODY).alpha
    assert alpha[:8].max() == alpha[-8:].max() == alpha[:, :8].max() == alpha[:, -8:].max() == 0
    lowest = np.flatnonzero((alpha > 200).any(1))[-1]
    assert 0.85 * SCREEN[1] < lowest < 0.96 * SCREEN[1]


def test_anime_is_inked_and_flat_is_not() -> None:
    def darkest_at_the_jaw(style: str) -> float:
        x, y = at((0, 0))
        return float(
            lab_of_bgr(drawn(style, "light").figure[y - 25 : y + 25, x - 4 : x + 4] / 255)[..., 0].min()
        )

    assert darkest_at_the_jaw("anime") < 42
    assert darkest_at_the_jaw("flat") > 58


@pytest.mark.parametrize("style", STYLES)
def test_the_same_seed_gives_the_same_bytes(style: str) -> None:
    again = draw_design(a_design(), style, 7, {})
    for one, other in zip(vars(again).values(), vars(drawn(style)).values(), strict=True):
        assert np.array_equal(one, other)


def test_another_seed_gives_another_picture() -> None:
    assert mean_difference(drawn("flat").sheet, draw_design(a_design(), "flat", 8, {}).sheet) > 3


def test_print_is_the_same_picture_larger() -> None:
    large = draw_design(a_design(), "watercolor", 7, {}, PRINT)
    assert large.sheet.shape == (*PRINT[::-1], 3)
    shrunk = large.sheet.reshape(SCREEN[1], 3, SCREEN[0], 3, 3).mean((1, 3)).round().astype(np.uint8)
    assert mean_difference(shrunk, drawn("watercolor").sheet) < 2.5


def test_print_is_drawn_and_not_enlarged() -> None:
    """An edge of the drawing at print size is as steep as on a screen: about a pixel."""
    large = draw_design(a_design(), "flat", 7, {}, PRINT)
    x, y = at((0, -40))
    edge = large.alpha[y * 3].astype(int)
    rising = np.flatnonzero((edge[: x * 3] > 20) & (edge[: x * 3] < 235))
    assert len(rising) <= 6
