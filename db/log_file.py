"""A log file that several processes write: put aside by day and by size, and kept only so long and so large.

Whoever writes the first line of a new day (UTC), or finds the file full, moves it aside; the others see at
their next line that it has been moved. A line that was just being written goes to the file put aside, so none
is lost, and none is waited for: where another process is moving it already, this one writes on.
"""

import fcntl
import logging
import logging.handlers
import os
import re
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from db.errors import BadSettings
from db.settings import record_settings

DAY_SECONDS = 86_400.0
MB = 1_000_000  # bytes
SHARE = 10  # a file is put aside at that part of what all of them may have together

_PUT_ASIDE = re.compile(r"\.\d{8}T\d{12}")


class LogFile(logging.handlers.WatchedFileHandler):
    """A file within STORYKIN_LOG_DAYS and STORYKIN_LOG_MB. `checked`: BadSettings if it can't be written to.

    A line that can't be written (the folder is gone, the disk is full) is lost and raises nothing: no log
    stops work, least of all between a paid call and its receipt.
    """

    def __init__(self, place: Path, checked: bool = True) -> None:
        settings = record_settings()
        self._place = place
        self._days, self._most = settings.log_days, settings.log_mb * MB
        try:
            super().__init__(place, encoding="utf-8", delay=not checked)
        except OSError as error:
            why = error.strerror or "it can't be opened"
            raise BadSettings([f"STORYKIN_LOG_TO: this file can't be written to: {why}"]) from None

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, else say on standard error why it can't be."""
        try:
            if self._most:
                with suppress(OSError):  # no locks here, or not our folder: it grows, and lines are written
                    self._put_aside_when_due()
            super().emit(record)
        except (OSError, ValueError):  # ValueError: what was closed halfway before
            with suppress(OSError, ValueError):
                if self.stream is not None:
                    self.stream.close()
            self.stream = None  # the next line opens it anew
            self.handleError(record)

    def _put_aside_when_due(self) -> None:
        if not self._is_due(self._place.stat()):
            return
        # A descriptor of this moment: what forked processes have inherited is one, and so would its lock be.
        mine = os.open(self._place, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
            there = self._place.stat()
            if os.path.samestat(os.fstat(mine), there) and self._is_due(there):
                moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
                self._place.rename(self._place.with_name(f"{self._place.name}.{moment}"))
                self._forget_old()
        finally:
            os.close(mine)

    def _is_due(self, there: os.stat_result) -> bool:
        """Whether it is full, or its last line is of a day before today. A clock put back moves nothing."""
        last_day, today = int(there.st_mtime // DAY_SECONDS), int(time.time() // DAY_SECONDS)
        return there.st_size > 0 and (last_day < today or there.st_size >= self._most // SHARE)

    def _forget_old(self) -> None:
        """Delete what was put aside and is too old, and the oldest of what together is too large."""
        left = self._most
        for file in sorted(put_aside(self._place), reverse=True):
            with suppress(FileNotFoundError):
                there = file.stat()
                left -= there.st_size
                if left < 0 or time.time() - there.st_mtime > self._days * DAY_SECONDS:
                    file.unlink()


def put_aside(place: Path) -> list[Path]:
    """What was put aside of the log file `place`; nothing that another program has named."""
    return [
        each
        for each in place.parent.iterdir()
        if each.name.startswith(place.name) and _PUT_ASIDE.fullmatch(each.name[len(place.name) :])
    ]
