"""A slice of `make fuzz`: whatever a reference decoder takes of a broken photo, we take too."""

import pytest

from tests.fuzz.mutants import mutants
from tests.fuzz.oracle import complaint


@pytest.mark.parametrize("seed", range(1, 5))
def test_what_others_can_open_so_can_we(seed: int) -> None:
    complaints = {each.name: complaint(each.data) for each in mutants(seed, 36)}

    assert {name: found for name, found in complaints.items() if found} == {}


def test_the_same_seed_breaks_the_same_photos() -> None:
    assert list(mutants(7, 9)) == list(mutants(7, 9))
