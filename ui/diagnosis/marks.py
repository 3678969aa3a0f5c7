"""The certificate that signs content credentials: is it there, does it sign, and until when?"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tasks.marks.identity import mark_identity
from tasks.marks.library import c2pa_library
from tasks.marks.settings import mark_settings
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
    identity = mark_identity()
    ends = f"{identity.expires:%Y-%m-%d}"
    left = identity.expires - datetime.now(UTC)
    if left <= timedelta(0):
        yield problem(
            NAME, f"The certificate that signs content credentials ended on {ends}: no picture can leave."
        )
    elif left < SOON:
        yield warning(
            NAME, f"The certificate that signs content credentials ends on {ends}. Renew it by then."
        )
    elif identity.is_own:
        yield ok(
            NAME,
            "Pictures leave with content credentials signed by this installation's own certificate, good "
            f"until {ends}; readers elsewhere call its signer unknown.",
        )
    else:
        yield ok(
            NAME, f"Pictures leave with content credentials signed by the given certificate, until {ends}."
        )
