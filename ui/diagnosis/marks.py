"""The certificate that signs content credentials: is it there, does it sign, and until when?"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from db.engine import record
from db.errors import RecordError
from db.migrate import is_current
from db.settings import record_settings
from db.told import told
from tasks.marks.identity import mark_identity
from tasks.marks.key_check import OTHER_KEYS, has_their_keys
from tasks.marks.library import c2pa_library
from tasks.marks.settings import mark_settings
from tasks.marks.time_stamps import authority_roots, waiting
from tasks.providers.registry import store
from ui.diagnosis.check_result import CheckResult, ok, problem, warning

NAME = "marks"
SOON = timedelta(days=60)


def certificate() -> Iterator[CheckResult]:
    """The marks of pictures that leave. Raises MarksUnusable, BadSettings."""
    if not mark_settings().marks:
        yield warning(
            NAME,
            "Pictures leave without marks (STORYKIN_MARKS is false): no file says that a machine made it.",
        )
        return
    c2pa_library()
    if not _keys_fit():
        yield warning(NAME, OTHER_KEYS)
    identity = mark_identity()
    ends = f"{identity.expires:%Y-%m-%d}"
    left = identity.expires - datetime.now(UTC)
    if left <= timedelta(0):
        yield problem(
            NAME,
            told(
                "The certificate that signs content credentials ended on %(ends)s: no picture can leave.",
                ends=ends,
            ),
        )
    elif left < SOON:
        yield warning(
            NAME,
            told(
                "The certificate that signs content credentials ends on %(ends)s. Renew it by then.",
                ends=ends,
            ),
        )
    elif identity.is_own:
        yield ok(
            NAME,
            told(
                "Pictures leave with content credentials signed by this installation's own certificate, "
                "good until %(ends)s; readers elsewhere call its signer unknown.",
                ends=ends,
            ),
        )
    else:
        yield ok(
            NAME,
            told(
                "Pictures leave with content credentials signed by the given certificate, until %(ends)s.",
                ends=ends,
            ),
        )
    if mark_settings().time_authority:
        yield _time_stamps()


def _keys_fit() -> bool:
    """Whether the keys are those of the record; a record that can't be asked is told by the look at it."""
    try:
        return not is_current() or has_their_keys(record(), record_settings().home.resolve())
    except RecordError:
        return True


def _time_stamps() -> CheckResult:
    authority_roots()  # raises MarksUnusable in words where they can't be read
    missing = sum(1 for _ in waiting(store()))
    if missing:
        return warning(
            NAME,
            told(
                "%(missing)s pictures left without a time stamp, because the authority did not answer. "
                "Housekeeping goes on asking; the same pictures carry it when they leave again.",
                missing=missing,
            ),
        )
    return ok(NAME, "What is signed carries a time stamp of the authority.")
