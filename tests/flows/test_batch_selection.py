"""What a person may choose for a batch, what is left out and why, and the price that is asked about."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from db.ids import new_id
from db.lifecycle import move
from db.models import CharacterImage, CharacterStatus, Review
from db.repositories import characters, holds, images, orders, tags
from flows import batches as steering
from flows.batch_work import Worked, work_on
from flows.character_run import run_character
from flows.run_request import RunRequest
from tasks.batch.export import COLUMNS, rows_of
from tasks.batch.outlook import ConfirmPrice, NothingToDraw, outlook
from tasks.batch.plan import start_batch
from tasks.batch.selection import Selection
from tasks.errors import OverBudget, UsageError
from tasks.pipeline import untracked
from tasks.runtime import Runtime
from tasks.settings import provider_settings
from tests.support.runtimes import new_character, order_pictures

PICTURE = 39_000


async def a_drawn_one(runtime: Runtime, shade: int, *styles: str, decided: bool = True) -> str:
    person = new_character(runtime, shade)
    order_pictures(runtime, person, *styles)
    await run_character(RunRequest(person, styles, new_id()), untracked, runtime)
    if decided:
        with runtime.record.writing() as session:
            for each in images.of_character(session, person):
                images.review(session, each.image.id, review=Review.APPROVED, actor="anna")
    return person


def chosen(runtime: Runtime, **selection: object) -> list[tuple[str, str, int]]:
    told = outlook(runtime, Selection.model_validate(selection), limit=100, at_once=2)
    return [(pair.character_id, pair.style, pair.ordinal) for pair in told.proposal.pairs]


def stand(runtime: Runtime, person: str, status: CharacterStatus, reason: str = "") -> None:
    with runtime.record.writing() as session:
        character = characters.get(session, person)
        if character.status is CharacterStatus.DRAFT:
            move(session, character, CharacterStatus.QUEUED)
        move(session, character, status, reason=reason or None, sentence="It is so.")


def test_failed_by_reason_by_tag_by_id_and_by_day(runtime: Runtime) -> None:
    one, other, third = (new_character(runtime, shade) for shade in (10, 20, 30))
    for person in (one, other, third):
        order_pictures(runtime, person, "flat", "anime")
    stand(runtime, one, CharacterStatus.FAILED, "model_error")
    stand(runtime, other, CharacterStatus.FAILED, "busy")
    stand(runtime, third, CharacterStatus.READY)
    with runtime.record.writing() as session:
        tags.set_tags(session, third, ["Summer"])

    def who(**selection: object) -> set[str]:
        return {each[0] for each in chosen(runtime, **selection)}

    assert who() == {one, other, third}
    assert who(failed=True) == {one, other}
    assert who(reasons=["busy"]) == {other}
    assert who(tag="summer") == {third}
    assert who(ids=[one, third]) == {one, third}
    assert chosen(runtime, styles=["anime"], ids=[one]) == [(one, "anime", 1)]
    today = datetime.now(UTC).date()
    assert who(created_from=today, created_to=today) == {one, other, third}
    assert who(created_from=today + timedelta(days=1)) == who(created_to=date(2020, 1, 1)) == set()
    for nonsense, why in (
        ({"order": True, "older_style": True}, "one of them"),
        ({"created_from": today, "created_to": date(2020, 1, 1)}, "first one is after"),
        ({"likeness_below": 3.0}, "from 0 to 1"),
        ({"likeness_below": float("nan")}, "from 0 to 1"),
    ):
        with pytest.raises(UsageError, match=why):
            Selection.model_validate(nonsense).checked()


@pytest.mark.parametrize("counts", [{"limit": 0}, {"limit": -5}, {"at_once": 0}, {"chunk_size": 0}])
def test_a_batch_of_nothing_at_all_is_refused_with_the_cause(
    runtime: Runtime, counts: dict[str, Any]
) -> None:
    order_pictures(runtime, new_character(runtime, 10), "flat")
    with pytest.raises(UsageError, match="1 or more"):
        steering.start(runtime, Selection(), **counts)


def test_whom_nobody_fits_is_told_apart_from_what_is_all_there(runtime: Runtime) -> None:
    new_character(runtime, 10)
    with pytest.raises(NothingToDraw, match="No character fits"):
        steering.start(runtime, Selection(tag="smumer"))
    with pytest.raises(NothingToDraw, match="Nothing of what was chosen"):
        steering.start(runtime, Selection())


async def test_drawn_anew_is_the_newest_of_what_is_decided_and_never_what_is_locked(runtime: Runtime) -> None:
    one = await a_drawn_one(runtime, 10, "flat", "anime")
    fresh = await a_drawn_one(runtime, 20, "flat", decided=False)
    model = runtime.image.model
    assert chosen(runtime, older_model=True) == []
    assert chosen(runtime, models=[model]) == [(one, "anime", 2), (one, "flat", 2)]
    assert (fresh, "flat", 2) in chosen(runtime, models=[model], unreviewed=True)
    assert chosen(runtime, older_style=True) == []
    with runtime.record.writing() as session:
        pictures = {each.image.style: each.image.id for each in images.of_character(session, one)}
        session.get_one(CharacterImage, pictures["flat"]).likeness = {"identity": 0.2}
        images.review(session, pictures["anime"], review=Review.LOCKED, actor="anna")
    assert chosen(runtime, likeness_below=0.3) == [(one, "flat", 2)]
    assert chosen(runtime, models=[model]) == [(one, "flat", 2)]
    assert chosen(runtime, drawn_before=date(2020, 1, 1)) == []


async def test_a_batch_that_draws_anew_orders_it_and_finished_again_has_nothing_to_do(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await a_drawn_one(runtime, 10, "flat")
    monkeypatch.setattr("flows.batches.submit_following", lambda *_args, **_more: "follower")
    again = Selection(models=(runtime.image.model,))
    batch_id = steering.start(runtime, again, by=None).batch_id
    start_batch(batch_id)
    assert await work_on(batch_id) is Worked.DONE
    with runtime.record.reading() as session:
        assert [each.ordinal for each in orders.of_character(session, one)] == [1, 2]
        assert sorted(each.image.ordinal for each in images.of_character(session, one)) == [1, 2]
    rows = io.StringIO()
    csv.writer(rows).writerows([COLUMNS, *rows_of(runtime, batch_id=batch_id)])
    (row,) = csv.DictReader(io.StringIO(rows.getvalue()))
    assert (row["character_id"], row["ordinal"], row["state"]) == (one, "2", "done")
    with pytest.raises(NothingToDraw):
        steering.start(runtime, again)


def test_what_is_left_out_is_told_with_why(runtime: Runtime) -> None:
    stuck, held, fine = (new_character(runtime, shade) for shade in (10, 20, 30))
    for person in (stuck, held, fine):
        order_pictures(runtime, person, "flat")
    stand(runtime, stuck, CharacterStatus.NEEDS_ATTENTION, "no_face")
    stand(runtime, held, CharacterStatus.READY)
    stand(runtime, fine, CharacterStatus.READY)
    with runtime.record.writing() as session:
        holds.place(session, held, reason="a dispute", by=None)
    told = outlook(runtime, Selection(), limit=100, at_once=2)
    assert [pair.character_id for pair in told.proposal.pairs] == [fine]
    assert told.proposal.others == {"needs_attention": 1, "on_hold": 1}


def test_a_price_above_the_setting_is_asked_about_and_one_above_the_budget_refused(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = new_character(runtime)
    order_pictures(runtime, person, "flat")
    stand(runtime, person, CharacterStatus.READY)
    monkeypatch.setenv("STORYKIN_BATCH_ASK_USD", "0.01")
    monkeypatch.setattr("flows.batches.submit_following", lambda *_args, **_more: "follower")
    provider_settings.cache_clear()
    with pytest.raises(ConfirmPrice, match=r"\$0.04"):
        steering.start(runtime, Selection())
    with pytest.raises(OverBudget):
        steering.start(runtime, Selection(), agreed=True, budget_microusd=10)
    assert steering.start(runtime, Selection(), agreed=True).changed
    with pytest.raises(UsageError, match="Another batch is under way"):
        steering.start(runtime, Selection(), agreed=True)
    provider_settings.cache_clear()
