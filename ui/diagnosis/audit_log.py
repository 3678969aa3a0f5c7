"""The audit log: is it whole, and as it was written?"""

from collections.abc import Iterator

from db.engine import record
from db.migrate import is_current
from db.told import told
from tasks.audit.verify import verify
from ui.diagnosis.check_result import CheckResult, ok, problem

NAME = "audit log"
_SHOWN = 3  # findings; `storykin audit verify` tells the rest


def audit_log() -> Iterator[CheckResult]:
    """Every entry verified. Raises RecordError, AuditUnusable."""
    if not is_current():
        return  # told by the look at the tables
    report = verify(record())
    for finding in report.findings[:_SHOWN]:
        yield problem(NAME, finding.sentence)
    if len(report.findings) > _SHOWN:
        yield problem(NAME, "More is wrong with it: `storykin audit verify` tells all.")
    if report.ok and report.entries:
        beginning = report.head.digest[:16]
        yield ok(
            NAME,
            told(
                "%(entries)s entries, whole and as they were written; newest %(beginning)s.",
                entries=report.entries,
                beginning=beginning,
            ),
        )
    elif report.ok:
        yield ok(NAME, "Nothing has been entered yet.")
