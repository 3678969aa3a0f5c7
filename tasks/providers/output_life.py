"""How long a provider keeps what it made: until then nothing that was paid for is given up."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

OUTPUT_LIFE = timedelta(minutes=70)  # Replicate's hour begins when the picture is done


def age_there(
    created_at: datetime | None, told_at: datetime | None, ours: Callable[[], timedelta]
) -> Callable[[], timedelta]:
    """How old something is at the least: by the provider's own clock, which said `told_at` just now, and by
    `ours`, the record's. No clock of this machine has a say in it but as a stop-watch.
    """
    if created_at is None or told_at is None:
        return ours
    theirs, began = told_at - created_at, time.monotonic()
    return lambda: min(theirs + timedelta(seconds=time.monotonic() - began), ours())


def is_surely_deleted(age: timedelta) -> bool:
    """Whether the provider has deleted in any case what is that old."""
    return age > OUTPUT_LIFE
