"""Prefect's results of steps, kept on this machine as files for its cache: the old ones go.

Two files a run, and nobody else deletes them. A result that is gone costs nothing: the step is done again,
and finds in the record what was bought.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from prefect.settings import PREFECT_LOCAL_STORAGE_PATH

from db.log import Log
from tasks.erasure.settings import retention_settings

log = Log("old results")

MOST_A_ROUND = 10_000
DAY_SECONDS = 86_400.0


def delete_old_results() -> int:
    """Delete what is older than STORYKIN_KEEP_RESULTS_DAYS, as much as a round may; how many files."""
    before = time.time() - retention_settings().results_days * DAY_SECONDS
    deleted = failed = 0
    for file in _files(Path(PREFECT_LOCAL_STORAGE_PATH.value())):
        if deleted >= MOST_A_ROUND:
            break
        try:
            if file.lstat().st_mtime < before:
                file.unlink()
                deleted += 1
        except FileNotFoundError:  # another worker was here first
            continue
        except OSError:  # another account's, or open where open files can't go: the others do
            failed += 1
    if failed:
        log.warning("old results can't be deleted", count=failed)
    if deleted:
        log.info("old results deleted", count=deleted)
    return deleted


def _files(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                yield Path(entry.path)
