"""Whoever asks for a run is not kept waiting by Prefect."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from db.repositories import events
from flows.hand_over import HandOver
from flows.request_run import is_submitted
from tasks.errors import UsageError
from tests.support.studio import StandInStudio
from tests.support.waiting import until
from tests.ui.conftest import studio

__all__ = ["studio"]


class HangingPrefect:
    """Answers once it is told to."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.asked: list[str] = []

    def submit(
        self, character_id: str, styles: list[str], run_token: str, *, another: bool = False, **chosen: str
    ) -> str:
        self.asked.append(run_token)
        assert self.answers.wait(60)
        return f"flow-run-{run_token}"


@pytest.fixture
def prefect() -> Iterator[HangingPrefect]:
    hanging = HangingPrefect()
    yield hanging
    hanging.answers.set()


def asked_for(studio: StandInStudio) -> str:
    studio.prefect.away = "Prefect is away."
    character_id = studio.character(styles=("anime",))
    with studio.services.record.reading() as session:
        return next(each.run_token for each in events.timeline(session, character_id) if each.run_token)


def test_a_prefect_that_hangs_keeps_nobody_waiting_and_gets_every_run_in_the_end(
    studio: StandInStudio, prefect: HangingPrefect
) -> None:
    hand_over = HandOver(patience_seconds=0.01)
    tokens = [asked_for(studio) for _ in range(3)]

    answers = [hand_over(studio.services.runtime, token, prefect.submit) for token in tokens]

    assert [each.run_token for each in answers] == tokens
    assert {each.problem for each in answers} == {None}
    assert not any(is_submitted(studio.services.runtime, token) for token in tokens)
    prefect.answers.set()
    until(
        lambda: all(is_submitted(studio.services.runtime, token) for token in tokens), "every run handed over"
    )
    assert prefect.asked == tokens  # one after another, each once


def test_what_prefect_says_in_time_is_in_the_answer(studio: StandInStudio) -> None:
    token = asked_for(studio)
    answer = HandOver(60)(studio.services.runtime, token, studio.prefect.submit)
    assert answer.problem == "Prefect is away."


def test_a_run_that_does_not_exist_is_told_at_once(studio: StandInStudio, prefect: HangingPrefect) -> None:
    def unknown(**_: Any) -> str:
        raise AssertionError("nobody may be asked")

    with pytest.raises(UsageError, match="no such run"):
        HandOver(60)(studio.services.runtime, "nothing", prefect.submit)
