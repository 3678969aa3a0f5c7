"""The real flows of a batch on providers that keep their books in a file, for workers that tests kill.

`STUB_BATCH` is the folder with record, store and books. A picture is drawn once `STUB_BATCH/go` is there.
"""

import os
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import tasks.runtime
from flows.batch_chunk import batch_chunk
from flows.rerun_batch import rerun_batch
from tasks import recheck_photo, score_likeness
from tasks.runtime import Runtime
from tests.flows.dying_run import a_runtime

__all__ = ["batch_chunk", "rerun_batch"]


def _wait_for_go(folder: Path) -> None:
    while not (folder / "go").exists():
        time.sleep(0.05)


@lru_cache
def _runtime() -> Runtime:
    folder = Path(os.environ["STUB_BATCH"])
    runtime = a_runtime(folder, "", charges=True)
    image: Any = runtime.image
    image.on_collect = lambda _style: _wait_for_go(folder)
    return runtime


def _stage() -> None:
    process: Any = tasks.runtime
    process.process_runtime = _runtime
    checking: Any = recheck_photo
    checking.recheck_photo = lambda *_arguments: []
    scoring: Any = score_likeness
    scoring.score_likeness = lambda *_arguments: {"metric_version": "none", "warnings": []}


_stage()
