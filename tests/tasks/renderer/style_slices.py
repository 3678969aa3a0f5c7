"""Which styles are drawn in every run of the tests, and which in the slow slice."""

import pytest
from _pytest.mark import ParameterSet

from tasks.styles.packs import drawn_locally

QUICK_STYLES = ("watercolor", "flat")  # a medium that bleeds, and one of crisp edges


def styles_in_slices(covered_by: str, whole: tuple[str, ...] = QUICK_STYLES) -> list[ParameterSet]:
    """Parameters (style,) for all styles drawn here: those of `whole` in every run, the others slow.

    One design stands behind all styles: what is a matter of the design need not be drawn in each of them in
    every run. `covered_by` names the test itself, as `slow` wants it.
    """
    return [pytest.param(style, marks=_marks(style in whole, covered_by)) for style in drawn_locally()]


def people_in_slices(covered_by: str, first: str, *others: str) -> list[ParameterSet]:
    """Parameters (style, name): the first person in every style, the others in the quick ones; else slow."""
    return [
        pytest.param(style, name, marks=_marks(name == first or style in QUICK_STYLES, covered_by))
        for style in drawn_locally()
        for name in (first, *others)
    ]


def _marks(quick: bool, covered_by: str) -> tuple[pytest.MarkDecorator, ...]:
    return () if quick else (pytest.mark.slow(covered_by=covered_by),)
