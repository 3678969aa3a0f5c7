"""A person cancels a run: it stops, buys nothing more, and what has left is still fetched."""

from types import SimpleNamespace

import pytest

from db.ids import new_id
from db.models import CharacterStatus
from db.repositories import characters, events, images
from flows.cancel_run import cancel_run
from flows.character_run import run_character
from flows.request_run import request_run, submit_run
from flows.run_request import RunRequest
from flows.submit import PrefectUnreachable
from tasks.correction.correct_profile import correct_profile
from tasks.correction.profile_changes import ProfileChanges
from tasks.errors import UsageError
from tasks.pipeline import untracked
from tasks.resumption import Resumption, resume_run
from tasks.runtime import Runtime
from tests.support.providers import BookkeepingImage


def status_of(runtime: Runtime, character_id: str) -> tuple[CharacterStatus, str | None]:
    with runtime.record.reading() as session:
        character = characters.get(session, character_id)
        return character.status, character.status_reason


def bought(runtime: Runtime) -> int:
    assert isinstance(runtime.image, BookkeepingImage)
    return runtime.image.billed.total()


async def test_a_cancelled_run_is_over_and_nobody_goes_on_with_it(
    runtime: Runtime, character_id: str
) -> None:
    asked = request_run(runtime, character_id, ["storybook"])
    told: list[str] = []

    def in_prefect(run_token: str) -> bool:
        told.append(run_token)
        return True

    done = cancel_run(runtime, character_id=character_id, in_prefect=in_prefect, by="somebody")
    assert (done.run_token, done.problem, told) == (asked.run_token, None, [asked.run_token])
    assert status_of(runtime, character_id) == (CharacterStatus.FAILED, "cancelled")
    assert resume_run(runtime, character_id, asked.run_token, ended="x") is Resumption.OVER
    result = await run_character(asked, untracked, runtime)  # Prefect had not heard of it
    assert result.failures[""].code == "cancelled"
    assert bought(runtime) == 0
    assert status_of(runtime, character_id) == (CharacterStatus.FAILED, "cancelled")
    with runtime.record.reading() as session:
        by = {
            event.actor for event in events.timeline(session, character_id) if event.kind == "run.cancelled"
        }
    assert by == {"somebody"}


async def test_a_picture_under_way_comes_and_the_next_is_not_asked_for(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = SimpleNamespace(pictures_at_once=1, compares_here=True)
    monkeypatch.setattr("flows.character_run.provider_settings", lambda: one)
    assert isinstance(runtime.image, BookkeepingImage)
    collect = runtime.image.collect

    def cancelled_meanwhile(*given: object) -> object:
        cancel_run(runtime, character_id=character_id, in_prefect=lambda _token: True)
        return collect(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(runtime.image, "collect", cancelled_meanwhile)
    asked = request_run(runtime, character_id, ["storybook", "anime"])
    result = await run_character(asked, untracked, runtime)
    assert len(result.made) == 1 and bought(runtime) == 1
    assert {error.code for error in result.failures.values()} == {"cancelled"}
    assert status_of(runtime, character_id) == (CharacterStatus.FAILED, "cancelled")
    monkeypatch.setattr(runtime.image, "collect", collect)
    again = request_run(runtime, character_id, ["storybook", "anime"])
    await run_character(again, untracked, runtime)
    assert bought(runtime) == 2  # the one that was there is found
    assert status_of(runtime, character_id)[0] is CharacterStatus.READY


def test_while_prefect_is_away_the_record_alone_ends_it_and_says_so(
    runtime: Runtime, character_id: str
) -> None:
    def away(_run_token: str) -> bool:
        raise PrefectUnreachable("Prefect does not answer.")

    request_run(runtime, character_id, ["storybook"])
    done = cancel_run(runtime, character_id=character_id, in_prefect=away)
    assert done.problem is not None and "Prefect" in done.problem
    assert status_of(runtime, character_id) == (CharacterStatus.FAILED, "cancelled")


async def test_a_run_that_was_cancelled_before_it_began_buys_nothing_beside_a_newer_one(
    runtime: Runtime, character_id: str
) -> None:
    submitted: list[str] = []

    def submit(_character_id: str, _styles: list[str], run_token: str, **_chosen: object) -> str:
        submitted.append(run_token)
        return "flow-run"

    first = request_run(runtime, character_id, ["all"])
    cancel_run(runtime, character_id=character_id, in_prefect=lambda _token: False)
    second = request_run(runtime, character_id, ["flat"])
    told = [submit_run(runtime, each.run_token, submit).problem for each in (first, second)]
    assert submitted == [second.run_token]
    assert told[0] is not None and "cancelled" in told[0] and told[1] is None
    result = await run_character(first, untracked, runtime)  # Prefect had it before it was cancelled
    assert (result.failures[""].code, bought(runtime)) == ("cancelled", 0)
    assert status_of(runtime, character_id)[0] is CharacterStatus.QUEUED  # the second has not begun
    await run_character(second, untracked, runtime)
    assert (status_of(runtime, character_id), bought(runtime)) == ((CharacterStatus.READY, None), 1)


async def test_a_run_that_is_cancelled_while_a_newer_one_is_on_record_sends_no_further_request(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever lets it begin, right before a paid call leaves the record is asked once more."""
    first = request_run(runtime, character_id, ["anime"])
    cancel_run(runtime, character_id=character_id, in_prefect=lambda _token: False)
    request_run(runtime, character_id, ["flat"])
    for name in ("begin", "check_not_cancelled"):
        monkeypatch.setattr(f"flows.character_run.{name}", lambda _run: None)
    await run_character(first, untracked, runtime)
    assert bought(runtime) == 0


def test_there_is_nothing_to_cancel_where_no_run_is_under_way(runtime: Runtime, character_id: str) -> None:
    with pytest.raises(UsageError) as told:
        cancel_run(runtime, character_id=character_id, in_prefect=lambda _token: True)
    assert told.value.code == "not_under_way"


async def test_what_was_drawn_before_a_correction_is_not_bought_again(
    runtime: Runtime, character_id: str
) -> None:
    """Asked for once more it is found; "another" is truly drawn anew, from the correction."""

    async def draw(another: bool) -> None:
        await run_character(RunRequest(character_id, ("anime",), new_id(), another), untracked, runtime)

    await draw(another=False)
    correct_profile(
        runtime,
        character_id=character_id,
        based_on=1,
        changes=ProfileChanges({"hair_colour": {"value": "ginger", "hex": "#b5652f"}}),
    )
    await draw(another=False)
    assert bought(runtime) == 1
    await draw(another=True)
    assert bought(runtime) == 2
    with runtime.record.reading() as session:
        old, new = images.of_character(session, character_id)
    assert old.image.work_key != new.image.work_key
    assert "ginger" in new.prompt.text and "ginger" not in old.prompt.text
