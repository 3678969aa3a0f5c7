"""A worker takes runs only while the record is one that its version can work on."""

import asyncio
import time

from db.errors import RecordError, RecordTooNew
from db.log import Log
from db.record_state import RecordBehind, require_current

SECONDS_BETWEEN_LOOKS = 5.0

log = Log("worker")


class SameRecord:
    """Looks at the record's revision, and says once why nothing is taken.

    During an upgrade workers of two versions serve one queue: the record moves on while the older ones still
    run. What they are at, they finish (migrations only add); what is new is left to the newer ones.
    """

    def __init__(self) -> None:
        self._until = 0.0
        self._refused = ""

    async def is_given(self) -> bool:
        """Whether runs may be taken; as of a few seconds ago at most."""
        if time.monotonic() >= self._until:
            self._look_told(await asyncio.to_thread(_refusal))
            self._until = time.monotonic() + SECONDS_BETWEEN_LOOKS
        return not self._refused

    def _look_told(self, refusal: str) -> None:
        if refusal and refusal != self._refused:
            log.warning("this worker takes no runs: the record is of another version", code=refusal)
        elif self._refused and not refusal:
            log.info("this worker takes runs again")
        self._refused = refusal


def _refusal() -> str:
    """The code of why not; "" if nothing is known against it: a database that is away is the run's affair."""
    try:
        require_current()
    except (RecordTooNew, RecordBehind) as error:
        return error.code
    except RecordError:
        return ""
    return ""
