"""Readiness: whether each thing that the studio needs answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from db.errors import UserFacingError
from db.log import Log

log = Log("studio")

Check = Callable[[], str]  # a sentence saying that all is well; a UserFacingError says what is not


@dataclass(frozen=True)
class Finding:
    """One thing the studio needs, and whether it is there."""

    name: str
    ok: bool
    sentence: str


def readiness(checks: Mapping[str, Check]) -> list[Finding]:
    """Ask every check; one that raises is not ready, with its sentence. None of them stops the others."""
    return [_finding(name, check) for name, check in checks.items()]


def _finding(name: str, check: Check) -> Finding:
    try:
        return Finding(name, True, check())
    except UserFacingError as error:
        return Finding(name, False, error.sentence)
    except Exception as error:  # a probe of an outside thing may fail in any way, and must still be told
        log.error("readiness probe broke", error=error, code=name)
        return Finding(name, False, "This could not be checked; the studio's log has the reason.")
