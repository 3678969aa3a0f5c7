"""The results of a check: each has a level and a sentence with what it means and what to do."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from db.errors import UserFacingError
from db.log import Log
from db.told import told

log = Log("doctor")


class Level(StrEnum):
    """How serious a result is."""

    OK = "ok"
    WARNING = "warning"  # it works, and something about it should be known
    PROBLEM = "problem"  # it does not work


@dataclass(frozen=True)
class CheckResult:
    """One result of a check; `name` groups those of one subject, such as "store"."""

    name: str
    level: Level
    sentence: str

    @property
    def ok(self) -> bool:
        """False for a problem; a warning is ok."""
        return self.level is not Level.PROBLEM

    def document(self) -> dict[str, Any]:
        """The JSON document of `storykin doctor --json`."""
        return {"name": self.name, "ok": self.ok, "level": self.level.value, "sentence": self.sentence}


Check = Callable[[], Iterable[CheckResult]]


def ok(name: str, sentence: str) -> CheckResult:
    """A result that needs nobody."""
    return CheckResult(name, Level.OK, sentence)


def warning(name: str, sentence: str) -> CheckResult:
    """A result that works but should be known."""
    return CheckResult(name, Level.WARNING, sentence)


def problem(name: str, sentence: str) -> CheckResult:
    """A result that makes `storykin doctor` exit with 1."""
    return CheckResult(name, Level.PROBLEM, sentence)


def examine(checks: Mapping[str, Check]) -> list[CheckResult]:
    """The results of all `checks`, in order; a check that raises becomes a problem and stops no other."""
    return [result for name, check in checks.items() for result in _results(name, check)]


def _results(name: str, check: Check) -> list[CheckResult]:
    made: list[CheckResult] = []
    try:
        made.extend(check())
    except UserFacingError as error:
        made.append(problem(name, error.sentence))
    except Exception as error:  # a look at an outside thing may fail in any way, and must still be told
        log.error("check broke", error=error, code=name)
        made.append(problem(name, told("This could not be checked (%(kind)s).", kind=type(error).__name__)))
    return made
