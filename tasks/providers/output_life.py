"""How long a provider keeps what it made: until then nothing that was paid for is given up."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

OUTPUT_LIFE = timedelta(minutes=70)  # Replicate's hour begins when the picture is done


def age_there(
    created_at: datetime | None, as_of: datetime | None, ours: Callable[[], timedelta]
) -> Callable[[], timedelta]:
    """How old something is at the least: by the provider's own clock, which said `as_of` just now, and by
    `ours`, the record's. No clock of this machine has a say in it but as a stop-watch.
    """
    if created_at is None or as_of is None:
        return ours
    theirs, began = as_of - created_at, time.monotonic()
    return lambda: min(theirs + timedelta(seconds=time.monotonic() - began), ours())


def is_surely_deleted(age: timedelta) -> bool:
    """Whether the provider has deleted in any case what is that old."""
    return age > OUTPUT_LIFE
