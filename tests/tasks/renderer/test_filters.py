"""The filters do what their names say."""

import numpy as np

from tasks.arrays import BgrImage
from tasks.renderer.canvas import Canvas
from tasks.renderer.color import from_lab, lock_color, main_colors, to_lab
from tasks.renderer.flow import LineLook, blur_along, flow_lines, flow_of
from tasks.renderer.kuwahara import kuwahara
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
    for filtered in (kuwahara(even, 4), blur_along(even, flow, SHEET, 4), blur(even, 20)):
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


def test_kuwahara_smooths_speckle_and_keeps_an_edge() -> None:
    edge = np.where(SHEET.columns < 60, 0.2, 0.8)[..., None] * np.ones(3)
    speckled = as_float32(edge + np.random.default_rng(1).normal(0, 0.05, edge.shape))
    smooth = kuwahara(speckled, 4)
    assert smooth[30:60, 10:50].std() < 0.5 * speckled[30:60, 10:50].std()
    assert smooth[45, 64:67].mean() - smooth[45, 53:56].mean() > 0.5


def test_lines_are_drawn_on_edges_only() -> None:
    step = as_float32(np.where(SHEET.columns < 60, 0.2, 0.8)[..., None] * np.ones(3))
    lines = flow_lines(step, flow_of(step, 3), SHEET, LineLook())
    assert lines[20:70, 54:62].max() > 0.5
    assert lines[20:70, 10:40].max() < 0.05


def test_noise_has_no_bias_and_no_grain_of_its_own_grid() -> None:
    rng = np.random.default_rng(3)
    for size in (1.5, 7, 60, 230):
        noise = soft_noise(rng, (400, 300), size)
        assert abs(float(noise.mean())) < 1e-3
        assert abs(float(noise.std()) - 1) < 1e-2
    assert clouds(rng, (100, 80), 30).shape == (100, 80)


def test_a_region_is_pushed_back_to_its_colour_and_the_rest_left_alone() -> None:
    image = SHEET.blank(0.5)
    mask = as_float32(SHEET.columns < 60)
    lock_color(image, mask, (60, 20, 25), 1.0, 1.0)
    assert np.abs(to_lab(image)[45, 20] - (60, 20, 25)).max() < 1.5
    assert (image[:, 70:] == 0.5).all()


def test_the_main_colours_of_two_halves_are_those_two() -> None:
    lab = np.concatenate([np.tile((30.0, 10, 5), (500, 1)), np.tile((80.0, -5, 20), (500, 1))])
    found = main_colors(as_float32(lab), 2, np.random.default_rng(0))
    assert np.abs(found[np.argsort(found[:, 0])] - ((30, 10, 5), (80, -5, 20))).max() < 0.5


def test_lab_and_back_is_the_same_colour() -> None:
    picture = as_float32(np.random.default_rng(2).uniform(0, 1, (8, 8, 3)))
    assert np.abs(from_lab(to_lab(picture)) - picture).max() < 2e-3
