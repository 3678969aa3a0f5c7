"""A slice of `make fuzz`: whatever a reference decoder takes of a broken photo, we take too."""

import pytest

from tests.fuzz.mutants import mutants
from tests.fuzz.oracle import complaint

_MORE = pytest.mark.slow(
    covered_by="tests/tasks/photo/test_fuzz.py::test_what_others_can_open_so_can_we"  # of other seeds
)


@pytest.mark.parametrize("seed", [1, 2, pytest.param(3, marks=_MORE), pytest.param(4, marks=_MORE)])
def test_what_others_can_open_so_can_we(seed: int) -> None:
    complaints = {each.name: complaint(each.data) for each in mutants(seed, 36)}

    assert {name: found for name, found in complaints.items() if found} == {}


def test_the_same_seed_breaks_the_same_photos() -> None:
    assert list(mutants(7, 9)) == list(mutants(7, 9))
