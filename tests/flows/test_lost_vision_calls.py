"""A character whose look was lost goes on by itself: nobody has to press anything."""

from dataclasses import replace

import pytest

from db.ids import new_id
from db.models import CallState, CharacterStatus
from db.repositories import calls, characters
from flows.character_run import run_character
from flows.lost_vision_calls import resume_after_lost_vision_calls
from flows.request_run import request_run
from flows.run_request import RunRequest
from tasks.errors import OutcomeUnknown
from tasks.pipeline import untracked
from tasks.runtime import Runtime
from tests.support.providers import BookkeepingVision


async def lost(runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose look got no answer, on a day that had no room for another."""

    def no_answer(_count: int) -> None:
        raise OutcomeUnknown("No answer came.")

    assert isinstance(runtime.vision, BookkeepingVision)
    runtime.vision.misbehave = no_answer
    order = request_run(runtime, character_id, ["flat", "anime"])
    await run_character(order, untracked, runtime)
    runtime.vision.misbehave = lambda _count: None
    assert status(runtime, character_id) is CharacterStatus.NEEDS_ATTENTION


def status(runtime: Runtime, character_id: str) -> CharacterStatus:
    with runtime.record.reading() as session:
        return characters.get(session, character_id).status


async def test_it_is_asked_for_again_as_it_was_asked_for(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lost(runtime, character_id, monkeypatch)
    handed: list[RunRequest] = []

    def submit(character: str, styles: list[str], run_token: str, *, another: bool) -> str:
        handed.append(RunRequest(character, tuple(styles), run_token, another))
        return new_id()

    assert resume_after_lost_vision_calls(runtime, submit) == 0  # every lost look is a person's
    lenient = replace(runtime, assume_paid_below_microusd=10_000)
    assert resume_after_lost_vision_calls(lenient, submit) == 1
    assert resume_after_lost_vision_calls(lenient, submit) == 0, "it is on its way"
    (order,) = handed
    assert (order.character_id, order.styles, order.another) == (character_id, ("anime", "flat"), False)
    await run_character(order, untracked, lenient)
    assert status(runtime, character_id) is CharacterStatus.READY
    with runtime.record.reading() as session:
        made = calls.of_character(session, character_id)
    assert sorted((call.kind.value, call.state.value) for call in made) == [
        ("image", CallState.RECORDED.value),
        ("image", CallState.RECORDED.value),
        ("vision", CallState.FAILED.value),
        ("vision", CallState.RECORDED.value),
    ]
