"""Two who ask for another picture at the same moment: one run begins, on either database."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from db.engine import Record
from db.repositories import characters, events
from tasks.errors import UsageError
from tests.db.conftest import url
from tests.support.postgres import postgres_server
from tests.support.racing import race_threads
from tests.support.studio import StandInPrefect, StandInStudio
from ui.handlers.detail import draw_again
from ui.services import StudioServices

__all__ = ["postgres_server", "url"]

MANY = 2


@pytest.fixture
def services(studio: StandInStudio, url: str) -> Iterator[StudioServices]:
    record = Record(url)
    runtime = replace(studio.services.runtime, record=record)
    prefect = StandInPrefect(runtime)
    yield replace(studio.services, runtime=runtime, submit=prefect.submit)
    record.close()


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes as far as beginning a run waits there a moment for the other one."""
    begin, door = characters.begin_run, Barrier(MANY)

    def begin_together(*asked: Any, **more: Any) -> Any:
        with suppress(BrokenBarrierError):  # nobody came: the other one is kept out, as it should be
            door.wait(1)
        return begin(*asked, **more)

    monkeypatch.setattr("flows.request_run.characters.begin_run", begin_together)


def test_one_of_those_who_ask_at_once_is_given_a_run(
    studio: StandInStudio, services: StudioServices, request: pytest.FixtureRequest
) -> None:
    studio.services = services
    character_id = studio.character(styles=("anime",))
    request.getfixturevalue("meeting")
    waiting = replace(services, submit=lambda *_asked, **_more: "flow-run")  # it stays under way

    def ask() -> str:
        try:
            draw_again(waiting, character_id, "anime")
        except UsageError as error:
            return error.code
        return "asked"

    assert sorted(race_threads(MANY, ask)) == ["asked"] + ["under_way"] * (MANY - 1)
    with services.record.reading() as session:
        asked = [e for e in events.timeline(session, character_id) if e.kind == "run.asked"]
    assert len(asked) == 2  # the first picture's, and this one
