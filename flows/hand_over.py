"""Handing runs to Prefect in the background: who asks for one is not kept waiting by a Prefect that hangs.

The record knows the run before this is called; what is lost here is handed over by the reconciler.
"""

import queue
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet

from db.errors import UserFacingError
from db.log import Log
from flows.request_run import AskedRun, Submit, character_of, submit_run
from tasks.runtime import Runtime

PATIENCE_SECONDS = 1.0  # Prefect answers within a tenth of it

log = Log("run")

_Order = tuple[Runtime, str, Submit, "Future[AskedRun]"]


class HandOver:
    """One thread that submits runs one after another, started by the first of them."""

    def __init__(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._patience = patience_seconds
        self._orders: queue.SimpleQueue[_Order] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._late = threading.Event()  # set while Prefect keeps somebody waiting

    def __call__(self, runtime: Runtime, run_token: str, submit: Submit) -> AskedRun:
        """Submit a run that is on record, as `submit_run` does, but wait a moment at most.

        What Prefect said meanwhile is in the answer. Raises what `submit_run` does.
        """
        with runtime.record.reading() as session:
            character_id = character_of(session, run_token)
        told: Future[AskedRun] = Future()
        self._orders.put((runtime, run_token, submit, told))
        self._start()
        try:
            return told.result(0 if self._late.is_set() else self._patience)
        except NotYet:
            self._late.set()
            return AskedRun(character_id, run_token)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="hand-over", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            runtime, run_token, submit, told = self._orders.get()
            try:
                asked = submit_run(runtime, run_token, submit)
            except UserFacingError as error:
                log.warning("run not handed over", run_token=run_token, code=error.code)
                told.set_exception(error)
            except Exception as error:
                log.error("run not handed over", run_token=run_token, error=error)
                told.set_exception(error)
            else:
                told.set_result(asked)
            if self._orders.empty():
                self._late.clear()
