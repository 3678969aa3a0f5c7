"""The filters do what their names say."""

import numpy as np

from tasks.arrays import BgrImage
from tasks.renderer.canvas import Canvas
from tasks.renderer.color import from_lab, to_lab
from tasks.renderer.flow import blur_along, flow_of
from tasks.renderer.noise import clouds, soft_noise
from tasks.renderer.pixels import as_float32, blur

SHEET = Canvas(120, 90)


def stripes() -> BgrImage:
    """Upright stripes, 12 pixels wide."""
    wave = 0.5 + 0.4 * np.sin(SHEET.columns / 12 * np.pi)
    return as_float32(np.repeat(wave[..., None], 3, axis=2))


def test_an_even_picture_stays_even() -> None:
    even = SHEET.blank(0.4)
    flow = flow_of(stripes(), 3)
    for filtered in (blur_along(even, flow, SHEET, 4), blur(even, 20)):
        assert np.abs(filtered - 0.4).max() < 1e-3


def test_flow_runs_along_stripes() -> None:
    flow = flow_of(stripes(), 3)
    assert np.abs(flow.y[20:70, 20:100]).min() > 0.99


def test_smearing_along_stripes_keeps_them_and_across_takes_them_away() -> None:
    flow = flow_of(stripes(), 3)
    kept = blur_along(stripes(), flow, SHEET, 8)
    gone = blur_along(stripes(), flow.turned(np.pi / 2), SHEET, 12, 2.0, sigma=20)
    inner = slice(30, 60), slice(30, 90)
    assert kept[inner].std() > 0.9 * stripes()[inner].std()
    assert gone[inner].std() < 0.35 * stripes()[inner].std()


def test_noise_has_no_bias_and_no_grain_of_its_own_grid() -> None:
    rng = np.random.default_rng(3)
    for size in (1.5, 7, 60, 230):
        noise = soft_noise(rng, (400, 300), size)
        assert abs(float(noise.mean())) < 1e-3
        assert abs(float(noise.std()) - 1) < 1e-2
    assert clouds(rng, (100, 80), 30).shape == (100, 80)


def test_lab_and_back_is_the_same_colour() -> None:
    picture = as_float32(np.random.default_rng(2).uniform(0, 1, (8, 8, 3)))
    assert np.abs(from_lab(to_lab(picture)) - picture).max() < 2e-3
