"""Whoever asks for a run, the same is on record: the request, and every picture that was ordered."""

from dataclasses import replace
from typing import Any

import pytest

from db.engine import Session
from db.models import CharacterStatus
from db.repositories import characters, events, images, orders
from flows import request_run as asking
from flows.generate_character import generate_character
from flows.request_run import check_run_token, request_run
from tasks.errors import RunTokenUsed
from tasks.runtime import Runtime
from tests.support.rows import a_picture
from tests.support.runtimes import new_character


def ordered(session: Session, character_id: str) -> list[tuple[str, int]]:
    return [(each.style, each.ordinal) for each in orders.of_character(session, character_id)]


def test_a_request_is_on_record_with_what_was_ordered(runtime: Runtime, character_id: str) -> None:
    order = request_run(runtime, character_id, ["anime", "watercolor"], actor="somebody")
    with runtime.record.reading() as session:
        (asked,) = [e for e in events.of_run(session, order.run_token) if e.kind == "run.asked"]
        assert (asked.actor, asked.data) == (
            "somebody",
            {"styles": ["watercolor", "anime"], "another": False},
        )
        assert ordered(session, character_id) == [("anime", 1), ("watercolor", 1)]


@pytest.mark.parametrize(
    "changed", [{"styles": ("anime",)}, {"another": True}, {"character_id": "somebody-else"}]
)
def test_a_token_that_comes_with_other_choices_is_a_conflict(
    runtime: Runtime, character_id: str, changed: dict[str, Any]
) -> None:
    asked = request_run(runtime, character_id, ["anime", "watercolor"])
    check_run_token(runtime, replace(asked, styles=("anime", "watercolor")))  # the same, in another order
    check_run_token(runtime, replace(asked, run_token="never-asked-for", styles=("flat",)))
    with pytest.raises(RunTokenUsed, match="was asked for with other choices") as told:
        check_run_token(runtime, replace(asked, **changed))
    assert told.value.code == "run_token_used"


async def test_a_flow_run_of_a_used_token_changes_nothing(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.generate_character.current_runtime", lambda: runtime)
    asked = request_run(runtime, character_id, ["anime"])
    with pytest.raises(RunTokenUsed):
        await generate_character.fn(character_id, ["flat"], asked.run_token)
    with runtime.record.reading() as session:
        assert characters.get(session, character_id).status is CharacterStatus.QUEUED
        assert [e.kind for e in events.of_run(session, asked.run_token)] == ["run.asked", "character.queued"]


def test_another_picture_is_ordered_once_however_often_it_is_tried(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "ACTIVE", frozenset())  # both runs came to nothing
    with runtime.record.writing() as session:
        a_picture(session, character_id, "flat")
    for _ in range(2):
        request_run(runtime, character_id, ["flat"], another=True)
    with runtime.record.reading() as session:
        assert ordered(session, character_id) == [("flat", 2)]
        assert images.next_ordinal(session, character_id, "flat") == 2


def test_an_order_that_is_on_record_already_stays_what_it_was(runtime: Runtime) -> None:
    character_id = new_character(runtime, 30)
    with runtime.record.writing() as session:
        for token in ("first", "second"):
            orders.add(session, [(character_id, "flat", 1)], run_token=token)
    with runtime.record.reading() as session:
        (row,) = orders.of_character(session, character_id)
    assert row.run_token == "first"
