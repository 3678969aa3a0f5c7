"""A little room kept back on the data folder's disk: that it is full can still be written down."""

import os
from contextlib import suppress
from pathlib import Path

from db.settings import record_settings

BYTES = 2_000_000  # many times what the end of a run takes


def keep_reserve() -> None:
    """Take the room, if it is not taken yet. Where that can't be done, it is done later."""
    place = _place()
    with suppress(OSError):
        if place.exists() or not place.parent.is_dir():
            return
        unfinished = place.with_name(".reserve")
        unfinished.write_bytes(b"\0" * BYTES)
        unfinished.replace(place)


def give_up_reserve() -> bool:
    """Give the room back; whether there was any."""
    try:
        os.truncate(_place(), 0)  # frees it even where the folder can't take another change
        _place().unlink()
    except OSError:
        return False
    return True


def _place() -> Path:
    return record_settings().home / "run" / "reserve"
