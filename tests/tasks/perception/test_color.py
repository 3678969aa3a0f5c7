"""Color arithmetic against published numbers, and words against the eye."""

import numpy as np
import pytest

from tasks.perception.color_words import CLOTHES, EYES, HAIR, SKIN, nearest_word
from tasks.perception.lab import color_difference, hex_of_lab, lab_of_pixels

# Sharma, Wu, Dalal: The CIEDE2000 color-difference formula (2005), from table 1.
PUBLISHED = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, -1.1848, -84.8006), (50.0, 0.0, -82.7485), 1.0000),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0010), 7.1792),
    ((50.0, -0.0010, 2.4900), (50.0, 0.0009, -2.4900), 4.8045),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((50.0, 2.5, 0.0), (50.0, 3.2592, 0.3350), 1.0000),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("one", "other", "difference"), PUBLISHED)
def test_colour_difference_is_ciede2000(
    one: tuple[float, float, float], other: tuple[float, float, float], difference: float
) -> None:
    assert float(color_difference(one, other)) == pytest.approx(difference, abs=1e-4)
    assert float(color_difference(other, one)) == pytest.approx(difference, abs=1e-4)


def test_colour_difference_works_on_rows() -> None:
    rows = np.array([one for one, _, _ in PUBLISHED])
    assert color_difference(rows, rows[0]).shape == (len(PUBLISHED),)
    assert float(color_difference(rows, rows).max()) == 0.0


@pytest.mark.parametrize("color", ["#000000", "#ffffff", "#d79c7c", "#123456"])
def test_hex_survives_the_way_to_lab_and_back(color: str) -> None:
    bgr = np.array([[int(color[i : i + 2], 16) for i in (5, 3, 1)]], np.uint8)
    red, green, blue = (float(value) for value in lab_of_pixels(bgr)[0])
    assert hex_of_lab((red, green, blue)) == color


@pytest.mark.parametrize("table", [CLOTHES, HAIR, SKIN, EYES])
def test_every_word_names_its_own_colour_and_is_sure_of_it(
    table: dict[str, tuple[float, float, float]],
) -> None:
    for word, lab in table.items():
        reading = nearest_word(lab, table)
        assert reading.value == word
        assert reading.confidence > 0.6


def test_a_colour_between_two_words_is_less_sure() -> None:
    between = tuple((a + b) / 2 for a, b in zip(SKIN["tan"], SKIN["brown"], strict=True))
    assert nearest_word(np.array(between), SKIN).confidence < nearest_word(SKIN["tan"], SKIN).confidence
