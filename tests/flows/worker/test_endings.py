"""How a run ended is told until Prefect has heard it, whatever a server in mid-restart answers."""

import logging
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from prefect.exceptions import ObjectNotFound

from flows.open_runs import OpenRuns
from flows.worker import endings
from flows.worker.endings import Endings


class Restarting:
    """Prefect's client before a server that is being replaced: no answer of it is one of Prefect's."""

    def __init__(self) -> None:
        self.answers: list[Exception] = [ValueError("not JSON"), RuntimeError("closed"), ConnectionError()]

    async def read_flow_run(self, _flow_run_id: object) -> object:
        raise self.answers.pop(0) if self.answers else ObjectNotFound(Exception("gone"))


async def test_no_answer_of_a_server_in_mid_restart_ends_the_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endings, "POLL_SECONDS", 0)
    run = uuid4()
    OpenRuns(tmp_path).open(run)
    notes, client, no_hooks = OpenRuns(tmp_path, is_gone=lambda _: True), Restarting(), object()
    reporting: Any = Endings(client, no_hooks, notes, logging.getLogger("test"))  # type: ignore[arg-type]

    await reporting.recover_orphaned_runs()

    assert client.answers == [] and notes.left_over() == []
