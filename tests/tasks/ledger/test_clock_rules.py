"""Who decides about money or ownership asks the database's clock or the provider's, not this machine's."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# Where it is decided who may spend, what was spent on which day, and what was never bought.
LEDGER = [
    *(
        f"db/repositories/{name}.py"
        for name in ("calls", "claims", "call_sums", "spending", "limits", "late_answers")
    ),
    *sorted(str(file.relative_to(ROOT)) for file in (ROOT / "tasks/ledger").glob("*.py")),
    *sorted(str(file.relative_to(ROOT)) for file in (ROOT / "tasks/settlement").glob("*.py")),
    *(
        f"tasks/{name}.py"
        for name in ("describe_photo", "illustrate", "trial_call", "storage/persist_output")
    ),
    *(f"tasks/providers/{name}.py" for name in ("output_life", "request_history")),
    *(f"tasks/providers/replicate/{name}.py" for name in ("image", "output", "prediction")),
]
WALL_CLOCKS = {"utc_now", "time", "time_ns", "moment_of"}
CALLED = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"} | {
    f"ids.{name}" for name in ("utc_now", "moment_of")
}


def readings(source: str) -> Iterator[str]:
    """Every reading of this machine's wall clock in the source."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module in ("db.ids", "time"):
            yield from (each.name for each in node.names if each.name in WALL_CLOCKS)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in CALLED:
            yield ast.unparse(node)


@pytest.mark.parametrize("module", LEDGER)
def test_the_ledger_reads_no_clock_of_this_machine(module: str) -> None:
    assert list(readings((ROOT / module).read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "from db.ids import new_id, utc_now",
        "from datetime import datetime\nx = datetime.now(UTC)",
        "import time\ntime.time()",
        "from time import time",
        "from db import ids\nids.utc_now()",
    ],
)
def test_a_reading_is_seen(source: str) -> None:
    assert list(readings(source))


def test_a_stop_watch_and_the_databases_clock_are_none() -> None:
    source = "import time\nfrom db.repositories import clock\ntime.monotonic()\nclock.now(session)"
    assert not list(readings(source))
