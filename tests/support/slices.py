"""Which tests run when, and side by side with which: the slow slice, and the order for several workers.

`@pytest.mark.slow(covered_by="tests/…::test_…")` leaves a test to `make test-slow`, out of `make test`. That
may only be done where a faster test stands for the same promise: that one is named, and has to exist.
Of a test with many parameters some may stand for all: see `in_slices`.
"""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark import ParameterSet
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[2]
WORKER_TESTS = "tests/flows/worker/"
QUICK_ONES = "the same test with its quick parameters"


class FileByFile(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Hands out the tests of a file together; those of the worker all at once: they share a Prefect server.

    In the order of collection (see `servers_first`), not with the files of many tests first: those are quick.
    """

    def _split_scope(self, nodeid: str) -> str:
        return WORKER_TESTS if nodeid.startswith(WORKER_TESTS) else nodeid.partition("::")[0]


def in_slices(values: Sequence[Any], quick: Collection[Any]) -> list[ParameterSet]:
    """Parameters for all `values` (a tuple is several parameters): those in `quick` in every run, which stand
    for the others, which are slow.
    """
    assert all(value in values for value in quick), "what is quick has to be among the values"
    slow = pytest.mark.slow(covered_by=QUICK_ONES)
    return [
        pytest.param(
            *(value if isinstance(value, tuple) else (value,)), marks=() if value in quick else (slow,)
        )
        for value in values
    ]


def servers_first(items: list[pytest.Item]) -> None:
    """Put the files that start servers first: they take minutes, and nothing long should begin at the end."""
    slow_files = {item.path for item in items if item.get_closest_marker("server")}
    items.sort(key=lambda item: item.path not in slow_files)


def check_slow_slice(items: Iterable[pytest.Item]) -> None:
    """Raise pytest.UsageError for a slow test that no faster one stands for."""
    for item in items:
        marker = item.get_closest_marker("slow")
        if marker is None:
            continue
        name = str(marker.kwargs.get("covered_by", ""))
        if name == QUICK_ONES and _has_quick_parameters(item):
            continue
        file, _, test = name.partition("::")
        path = ROOT / file
        if not test or not path.is_file() or f"def {test.partition('[')[0]}(" not in path.read_text("utf-8"):
            raise pytest.UsageError(f"{item.nodeid} is slow and covered by no other test: {name!r} is none")


def _has_quick_parameters(item: pytest.Item) -> bool:
    given = [value for mark in item.iter_markers("parametrize") for value in mark.args[1]]
    return any(isinstance(value, ParameterSet) and not value.marks for value in given)
