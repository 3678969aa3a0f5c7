"""Curves of shapes, and the way between curves and maps."""

import numpy as np

from tasks.design.geometry import (
    area,
    area_of,
    closed,
    ellipse,
    fill,
    loops_of,
    moved,
    parts_touching,
    spline,
    stroke,
)


def test_an_outline_comes_back_from_a_map_where_it_was() -> None:
    drawn = ellipse((3, -40), 30, 20)

    (outline,) = loops_of(fill(drawn))

    assert np.abs(outline.mean(0) - (3, -40)).max() < 0.3
    assert np.abs(np.ptp(outline, axis=0) - (60, 40)).max() < 1.5
    assert abs(area(outline) / (np.pi * 30 * 20) - 1) < 0.04


def test_a_hole_stays_a_hole() -> None:
    ring = fill(ellipse((0, -50), 30), ellipse((0, -50), 15))

    outer, inner = loops_of(ring)

    assert abs(area(outer) / (np.pi * 30**2) - 1) < 0.04
    assert abs(area(inner) / (np.pi * 15**2) - 1) < 0.08


def test_what_the_maps_edge_cuts_runs_on() -> None:
    (outline,) = loops_of(fill(ellipse((0, 170), 60)))

    assert outline[:, 1].max() > 171, (
        "a shoulder that ends at the map's last row would show a gap on the sheet"
    )


def test_a_stroke_is_widest_where_it_bulges_and_thin_at_its_ends() -> None:
    line = stroke(np.array([(0, 0), (50, 0), (100, 0)]), 6, ends=(0.1, 0.1))

    height = [np.ptp(line[np.abs(line[:, 0] - x) < 1][:, 1]) for x in (0, 50, 100)]
    assert abs(height[1] - 6) < 0.1
    assert max(height[0], height[2]) < 1


def test_a_closed_spline_passes_through_its_knots() -> None:
    knots = np.array([(0, 0), (10, 0), (10, 10), (0, 10)], np.float32)

    curve = spline(knots)

    assert all(np.linalg.norm(curve - knot, axis=1).min() < 1e-4 for knot in knots)


def test_only_the_part_that_touches_is_kept() -> None:
    left, right = fill(ellipse((-40, -40), 10)), fill(ellipse((40, -40), 10))

    kept = parts_touching(left + right, moved(left, 2, 0))

    assert np.array_equal(kept > 0.5, left > 0.5)


def test_a_gap_is_closed_and_a_wider_one_is_not() -> None:
    gap = np.array([(-30, -20), (-3, -20), (-3, -60), (-30, -60)], np.float32)
    halves = fill(gap) + fill(gap * np.array([-1, 1], np.float32))

    assert area_of(closed(halves, 12)) > area_of(halves) + 150
    assert area_of(closed(halves, 4)) < area_of(halves) + 20
