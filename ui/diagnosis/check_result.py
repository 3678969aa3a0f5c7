"""A remark: one line of the doctor's, with what it means and what to do."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from db.errors import UserFacingError
from db.log import Log

log = Log("doctor")


class Level(StrEnum):
    """How much a remark matters."""

    OK = "ok"
    WARNING = "warning"  # it works, and something about it should be known
    PROBLEM = "problem"  # it does not work


@dataclass(frozen=True)
class CheckResult:
    """One line."""

    name: str
    level: Level
    sentence: str

    @property
    def ok(self) -> bool:
        """Whether it works."""
        return self.level is not Level.PROBLEM

    def document(self) -> dict[str, Any]:
        """As JSON tells it."""
        return {"name": self.name, "ok": self.ok, "level": self.level.value, "sentence": self.sentence}


Check = Callable[[], Iterable[CheckResult]]


def ok(name: str, sentence: str) -> CheckResult:
    """All is well."""
    return CheckResult(name, Level.OK, sentence)


def warning(name: str, sentence: str) -> CheckResult:
    """It works, and something about it should be known."""
    return CheckResult(name, Level.WARNING, sentence)


def problem(name: str, sentence: str) -> CheckResult:
    """It does not work."""
    return CheckResult(name, Level.PROBLEM, sentence)


def examine(checks: Mapping[str, Check]) -> list[CheckResult]:
    """Everything that the checks remark, in their order. One that raises is a problem and stops no other."""
    return [remark for name, check in checks.items() for remark in _remarks(name, check)]


def _remarks(name: str, check: Check) -> list[CheckResult]:
    made: list[CheckResult] = []
    try:
        made.extend(check())
    except UserFacingError as error:
        made.append(problem(name, error.sentence))
    except Exception as error:  # a look at an outside thing may fail in any way, and must still be told
        log.error("check broke", error=error, code=name)
        made.append(problem(name, f"This could not be checked ({type(error).__name__})."))
    return made
