"""A drawing: its size, and that it depends on what it is asked for and on nothing else."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import cv2
import numpy as np
import pytest

from tasks.errors import UsageError
from tasks.styles.drawing import draw
from tasks.styles.packs import drawn_locally
from tests.tasks.renderer.conftest import Drawn, Seen, pixels


def test_there_are_the_five_styles() -> None:
    assert set(drawn_locally()) == {"watercolor", "storybook", "anime", "flat", "colored-pencil"}


@pytest.mark.parametrize("style", drawn_locally())
def test_a_drawing_is_a_png_of_820_by_1024(style: str, drawn: Drawn) -> None:
    assert drawn("astronaut", style).startswith(b"\x89PNG")
    assert pixels(drawn("astronaut", style)).shape == (1024, 820, 3)


def test_the_same_request_gives_the_same_bytes_even_from_threads_side_by_side(
    seen: Seen, drawn: Drawn
) -> None:
    cv2.setRNGSeed(12345)  # nor does anybody else's dice
    with ThreadPoolExecutor(len(drawn_locally())) as threads:
        together = list(threads.map(lambda style: draw(seen("astronaut"), style, 0, {}), drawn_locally()))
    assert together == [drawn("astronaut", style) for style in drawn_locally()]


@pytest.mark.parametrize("style", drawn_locally())
def test_another_seed_gives_another_picture(style: str, drawn: Drawn) -> None:
    one, other = pixels(drawn("astronaut", style)), pixels(drawn("astronaut", style, 1))
    assert float(np.abs(one.astype(int) - other.astype(int)).mean()) > 4


@pytest.mark.parametrize("seed", [-3, 2**70])
def test_any_whole_number_is_a_seed(seed: int, seen: Seen) -> None:
    assert draw(seen("astronaut"), "flat", seed, {}).startswith(b"\x89PNG")


def test_the_background_can_be_chosen_apart_from_the_seed(seen: Seen, drawn: Drawn) -> None:
    chosen = pixels(draw(seen("astronaut"), "flat", 0, {"background": 1}))
    corner = slice(0, 8), slice(0, 8)
    assert (chosen[corner] != pixels(drawn("astronaut", "flat"))[corner]).any()
    assert (chosen[corner] == pixels(drawn("astronaut", "flat", 1))[corner]).all()


def test_parameters_meant_for_other_engines_change_nothing(seen: Seen, drawn: Drawn) -> None:
    cloud = {"aspect_ratio": "4:5", "output_format": "png", "seed": 99}
    assert draw(seen("astronaut"), "flat", 0, cloud) == drawn("astronaut", "flat")


def test_drawing_leaves_the_analysis_as_it_was(seen: Seen) -> None:
    analysis = seen("astronaut")
    before = {
        f.name: np.copy(value)
        for f in fields(analysis)
        if isinstance(value := getattr(analysis, f.name), np.ndarray)
    }
    draw(analysis, "anime", 3, {})
    assert all((getattr(analysis, name) == value).all() for name, value in before.items())


def test_an_unknown_style_is_an_error_that_names_the_five(seen: Seen) -> None:
    with pytest.raises(UsageError) as caught:
        draw(seen("astronaut"), "oil", 0, {})
    assert caught.value.code == "unknown_style"
    assert all(style in caught.value.sentence for style in drawn_locally())
