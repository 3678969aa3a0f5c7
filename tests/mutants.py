"""Bugs put into the code that counts money, one at a time by cosmic-ray: does a test notice?

`make mutants` draws a sample of all mutants (`MUTANTS=60` of them, `SEED=1`), runs the tests nearest to each
until `MINUTES=10` are over, and prints the score and whatever survived. It works on a copy of the checkout.
"""

import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from db.settings import PROJECT

TOOLS = PROJECT / ".venv-mutants" / "bin"
COPY = PROJECT / ".mutants"
SECONDS_A_MUTANT = 300  # then it counts as noticed: it runs for ever
# `int | None` read as another operator fails as the module is imported: that tells nothing of the tests.
_NO_BUGS = re.compile(r"core/ReplaceBinaryOperator_BitOr_\w+|core/RemoveDecorator")


@dataclass(frozen=True)
class Target:
    """Files to be broken, and the tests that should notice."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


TARGETS = {
    "amounts": Target(("tasks/amounts.py",), ("tests/tasks/test_amounts.py",)),
    "lifecycle": Target(
        ("db/lifecycle.py",),
        ("tests/db/test_lifecycle.py", "tests/db/test_calls.py", "-k", "not many_processes"),
    ),
    "settlement": Target(
        ("tasks/settlement/manual.py", "tasks/settlement/reconcile.py"), ("tests/tasks/settlement",)
    ),
    "ledger": Target(
        tuple(
            f"tasks/ledger/{name}.py"
            for name in (
                *("assumed_paid", "budget", "claim", "failure_advice", "image_call", "in_flight"),
                *("late_result", "leased_call", "rate_limit", "recall", "work_key"),
            )
        ),
        (
            "tests/tasks/ledger",
            *(f"tests/flows/test_{name}.py" for name in ("money", "budget", "found_pictures")),
        ),
    ),
}


@dataclass(frozen=True)
class Mutant:
    """One bug: where it was put, what it was, and how the tests ended ("survived", "killed", …)."""

    file: str
    line: int
    operator: str
    outcome: str
    diff: str


def main() -> int:
    """Print a line for each target, and each survivor with its diff."""
    count, seed = int(os.environ.get("MUTANTS", "60")), os.environ.get("SEED", "1")
    ends = time.monotonic() + float(os.environ.get("MINUTES", "10")) * 60
    sessions = {name: _session(name, target) for name, target in TARGETS.items()}
    _sample(sessions, count, random.Random(seed))
    left = len(TARGETS)
    for name in TARGETS:
        _run(name, (ends - time.monotonic()) / left)
        left -= 1
    _report({name: list(_results(session)) for name, session in sessions.items()})
    return 0


def _session(name: str, target: Target) -> Path:
    """A copy of the checkout with cosmic-ray's list of all mutants of the target."""
    folder = COPY / name
    shutil.rmtree(folder, ignore_errors=True)
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    )
    (COPY / "tmp").mkdir(parents=True, exist_ok=True)
    for each in filter(None, tracked.stdout.split("\0")):
        if (PROJECT / each).is_file():
            (folder / each).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / each, folder / each)
    pytest = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "not postgres"]
    command = subprocess.list2cmdline([*pytest, f"--basetemp={COPY / 'tmp' / name}", *target.tests])
    (folder / "cosmic-ray.toml").write_text(
        "[cosmic-ray]\n"
        f"module-path = {json.dumps(target.files)}\n"
        f"timeout = {SECONDS_A_MUTANT}\n"
        "excluded-modules = []\n"
        f"test-command = {json.dumps(command)}\n"
        '[cosmic-ray.distributor]\nname = "local"\n'
    )
    session = folder / "session.sqlite"
    subprocess.run([TOOLS / "cosmic-ray", "init", "cosmic-ray.toml", session.name], cwd=folder, check=True)
    return session


def _sample(sessions: dict[str, Path], count: int, chance: random.Random) -> None:
    """Leave `count` mutants in all, drawn from all files alike."""
    jobs: list[tuple[str, str]] = []
    for name, session in sessions.items():
        with closing(sqlite3.connect(session)) as database:
            rows = database.execute("SELECT job_id, operator_name FROM mutation_specs ORDER BY job_id")
            found = [job for job, operator in rows if not _NO_BUGS.fullmatch(operator)]
        print(f"{name}: {len(found)} mutants", flush=True)
        jobs += [(name, job) for job in found]
    chosen = set(chance.sample(jobs, min(count, len(jobs))))
    for name, session in sessions.items():
        kept = [job for of, job in chosen if of == name]
        marks = ",".join("?" * len(kept))
        with closing(sqlite3.connect(session)) as database, database:
            for table in ("mutation_specs", "work_items"):
                database.execute(f"DELETE FROM {table} WHERE job_id NOT IN ({marks})", kept)


def _run(name: str, seconds: float) -> None:
    """Try the mutants of a target, for so long at the most. CalledProcessError where tests fail without."""
    print(f"{name} …", flush=True)
    began = time.monotonic()
    subprocess.run([TOOLS / "cosmic-ray", "baseline", "cosmic-ray.toml"], cwd=COPY / name, check=True)
    with subprocess.Popen(
        [TOOLS / "cosmic-ray", "exec", "cosmic-ray.toml", "session.sqlite"],
        cwd=COPY / name,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    ) as running:
        try:
            running.wait(max(began + seconds - time.monotonic(), 1))
        except subprocess.TimeoutExpired:
            running.terminate()


def _results(session: Path) -> Iterator[Mutant]:
    with closing(sqlite3.connect(session)) as database:
        rows = database.execute(
            "SELECT module_path, start_pos_row, operator_name, test_outcome, diff FROM mutation_specs"
            " JOIN work_results USING (job_id) WHERE test_outcome IS NOT NULL ORDER BY 1, 2"
        )
        for file, line, operator, outcome, diff in rows:
            yield Mutant(str(file), int(line), str(operator), str(outcome).lower(), str(diff))


def _report(results: dict[str, list[Mutant]]) -> None:
    tried = [mutant for mutants in results.values() for mutant in mutants]
    survivors = [mutant for mutant in tried if "survived" in mutant.outcome]
    for mutant in survivors:
        print(f"\n{mutant.file}:{mutant.line} {mutant.operator}\n{mutant.diff}")
    for name, mutants in results.items():
        missed = sum("survived" in mutant.outcome for mutant in mutants)
        print(f"{name}: {len(mutants) - missed} of {len(mutants)} noticed")
    print(f"all: {len(tried) - len(survivors)} of {len(tried)} noticed")


if __name__ == "__main__":
    sys.exit(main())
