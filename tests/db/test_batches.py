"""Batches: what is missing, a plan that is made once, and what became of each piece."""

from datetime import timedelta
from typing import Any

import pytest

from db.engine import Record
from db.errors import NotFound
from db.ids import new_id, utc_now
from db.models import (
    Batch,
    BatchItemState,
    BatchState,
    CallKind,
    CallState,
    CharacterStatus,
    ProviderCall,
    Review,
)
from db.repositories import batches, characters, images, orders
from db.repositories.batches import Candidate
from tests.support.racing import race_threads
from tests.support.rows import a_character, a_character_at, a_picture, a_prompt, a_ready_character, call_at

STYLES = ["anime", "flat"]


def missing(record: Record, **more: Any) -> list[Candidate]:
    with record.reading() as session:
        return batches.without_picture(session, **({"styles": STYLES} | more))


def ordered_and_missing(record: Record, **more: Any) -> list[Candidate]:
    with record.reading() as session:
        return batches.candidates(session, **more)


def test_read_in_pieces_it_is_the_same(record: Record) -> None:
    with record.writing() as session:
        people = [a_ready_character(session).id for _ in range(3)]
        orders.add(session, [(each, "flat", 1) for each in people], run_token="asked")
    for styles in (None, STYLES):
        with record.reading() as session:
            pieces = [
                (len(piece), orders.of_character(session, piece[0].character_id) and piece)  # asked meanwhile
                for piece in batches.candidates_in_pieces(session, styles, 2)
            ]
        whole = missing(record) if styles else ordered_and_missing(record)
        assert [pair for _, piece in pieces for pair in piece] == whole
        assert max(size for size, _ in pieces) == 2


def test_only_what_was_ordered_is_a_candidate(record: Record) -> None:
    with record.writing() as session:
        one, other = a_ready_character(session), a_ready_character(session)
        orders.add(session, [(one.id, "anime", 1), (one.id, "flat", 1), (other.id, "flat", 1)], run_token="r")
        orders.add(session, [(one.id, "flat", 1)], run_token="again")
        a_picture(session, one.id, "flat")
        a_picture(session, other.id, "watercolor")  # nobody ordered it
    assert ordered_and_missing(record) == [Candidate(one.id, "anime"), Candidate(other.id, "flat")]
    assert ordered_and_missing(record, limit=1) == [Candidate(one.id, "anime")]


def test_another_picture_that_was_ordered_is_missing_until_there_are_two(record: Record) -> None:
    with record.writing() as session:
        one = a_ready_character(session)
        orders.add(session, [(one.id, "flat", number) for number in (1, 2, 3)], run_token="r")
        a_picture(session, one.id, "flat")
    assert ordered_and_missing(record) == [Candidate(one.id, "flat", 2)]  # and the third after it
    with record.writing() as session:
        a_picture(session, one.id, "flat")
        a_picture(session, one.id, "flat")
    assert ordered_and_missing(record) == []


def test_a_rejected_picture_is_not_missing(record: Record) -> None:
    with record.writing() as session:
        one = a_ready_character(session)
        orders.add(session, [(one.id, "flat", 1)], run_token="r")
        picture = a_picture(session, one.id, "flat")
        images.review(session, picture.id, review=Review.REJECTED, actor="operator", reason="the wrong hair")
    assert ordered_and_missing(record) == []


def test_what_is_missing_is_every_pair_without_a_picture(record: Record) -> None:
    with record.writing() as session:
        one, other = a_ready_character(session), a_ready_character(session)
        a_picture(session, one.id, "flat")
        a_picture(session, one.id, "watercolor")
    assert missing(record) == [
        Candidate(one.id, "anime"),
        Candidate(other.id, "anime"),
        Candidate(other.id, "flat"),
    ]
    assert missing(record, limit=1) == [Candidate(one.id, "anime")]
    assert missing(record, styles=[]) == []


@pytest.mark.parametrize("status", list(CharacterStatus))
def test_only_characters_at_rest_are_chosen(record: Record, status: CharacterStatus) -> None:
    with record.writing() as session:
        character = a_character_at(session, status)
    chosen = status in (CharacterStatus.READY, CharacterStatus.FAILED)
    with record.writing() as session:
        orders.add(session, [(character.id, "anime", 1)], run_token="r")
    for asked in (missing, ordered_and_missing):
        assert bool(asked(record)) is chosen
        everything = asked(record, statuses=list(CharacterStatus))
        assert bool(everything) is (status is not CharacterStatus.ERASED)


def test_nobody_without_photo_or_consent_is_chosen(record: Record) -> None:
    with record.writing() as session:
        a_character(session, consent=False)
        a_ready_character(session).photo_asset_id = None
    assert missing(record, statuses=list(CharacterStatus)) == []


@pytest.fixture
def batch(record: Record) -> Batch:
    with record.writing() as session:
        for _ in range(3):
            a_ready_character(session)
    return plan(record)


def plan(record: Record) -> Batch:
    with record.writing() as session:
        pairs = batches.without_picture(session, styles=STYLES)
        return batches.create(session, run_token="night-1", pairs=pairs * 2, filter={"a": 1}, plan={"b": 2})


def test_a_batch_is_planned_once_a_run_token(record: Record, batch: Batch) -> None:
    again = {plan_again.id for plan_again in race_threads(4, lambda: plan(record))}
    assert again == {batch.id}
    with record.reading() as session:
        items = batches.items(session, batch.id)
        kept = batches.get(session, batch.id)
        assert [each.id for each in batches.newest(session)] == [batch.id]
    assert len(items) == 6
    assert (kept.state, kept.filter, kept.plan) == (BatchState.PLANNED, {"a": 1}, {"b": 2})


def test_items_keep_the_plans_order_and_can_be_read_in_pieces(record: Record, batch: Batch) -> None:
    with record.reading() as session:
        pairs = [(item.character_id, item.style) for item in batches.items(session, batch.id)]
        assert pairs == sorted(pairs)
        first = batches.items(session, batch.id, limit=4)
        rest = batches.items(session, batch.id, after_id=first[-1].id)
        assert len(first + rest) == 6
        character_id = first[0].character_id
        assert len(batches.items_of_character(session, batch.id, character_id)) == 2


def test_more_items_than_one_statement_takes(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.repositories.batches.CHUNK", 7)
    with record.writing() as session:
        character = a_ready_character(session)
        pairs = (Candidate(character.id, f"style-{number}") for number in range(100))
        batch = batches.create(session, run_token="big", pairs=pairs, filter={}, plan={})
        assert batches.progress(session, batch.id)[BatchItemState.PENDING] == 100


def test_what_became_of_each_piece_is_counted(record: Record, batch: Batch) -> None:
    with record.writing() as session:
        image = a_picture(session, batches.items(session, batch.id)[0].character_id, "anime")
        done, failed, running, *_ = batches.items(session, batch.id)
        assert batches.start(session, batch.id).state is BatchState.RUNNING
        started_at = batches.start(session, batch.id).started_at
        batches.set_item(session, done.id, state=BatchItemState.DONE, image_id=image.id)
        batches.set_item(
            session, failed.id, state=BatchItemState.FAILED, error_code="no_face", error_sentence="No face."
        )
        batches.set_item(session, running.id, state=BatchItemState.RUNNING)
    with record.reading() as session:
        progress = batches.progress(session, batch.id)
        (kept,) = batches.items(session, batch.id, state=BatchItemState.FAILED)
        assert batches.get(session, batch.id).started_at == started_at
    assert list(progress.values()) == [3, 1, 1, 0, 1]
    assert (kept.error_code, kept.error_sentence) == ("no_face", "No face.")
    with record.writing() as session:
        ended = batches.finish(session, batch.id)
        assert batches.progress(session, batch.id)[BatchItemState.RUNNING] == 0
    assert (ended.state, ended.ended_at is not None) == (BatchState.DONE, True)


def test_unknown_batches_and_items_are_not_found(record: Record) -> None:
    with record.writing() as session:
        with pytest.raises(NotFound):
            batches.get(session, "nobody")
        with pytest.raises(NotFound):
            batches.set_item(session, "nobody", state=BatchItemState.DONE)


def test_a_picture_that_goes_leaves_its_item(record: Record, batch: Batch) -> None:
    with record.writing() as session:
        item = batches.items(session, batch.id)[0]
        image = a_picture(session, item.character_id, item.style)
        batches.set_item(session, item.id, state=BatchItemState.DONE, image_id=image.id)
        session.delete(image)
    with record.reading() as session:
        assert batches.items(session, batch.id)[0].image_id is None
        assert characters.get(session, item.character_id).status is CharacterStatus.READY


def test_one_process_holds_a_batch_until_it_says_nothing_more(record: Record, batch: Batch) -> None:
    def take(owner: str, seconds: float = 60, *, gone: bool = False) -> bool:
        with record.writing() as session:
            return batches.acquire_lease(
                session, batch.id, owner=owner, seconds=seconds, is_gone=lambda _owner: gone
            )

    def abandoned(*, gone: bool = False) -> bool:
        with record.writing() as session:
            (one,) = batches.under_way(session)
            return batches.is_abandoned(session, one, seconds=60, is_gone=lambda _owner: gone)

    assert not abandoned()  # planned just now
    assert take("one") and take("one") and not take("two")
    assert not abandoned() and abandoned(gone=True)
    assert take("two", gone=True)
    with record.writing() as session:
        assert not batches.renew_lease(session, batch.id, owner="one", seconds=60)
        assert batches.renew_lease(session, batch.id, owner="two", seconds=-1)
    assert abandoned()
    assert take("three")
    with record.writing() as session:
        assert batches.holds_lease(session, batch.id, "three")
        batches.finish(session, batch.id)
        assert not batches.holds_lease(session, batch.id, "three")
        assert batches.under_way(session) == []


def test_an_hour_on_this_machines_clock_does_not_end_a_hold_on_a_server(
    record: Record, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "postgresql" not in record.url:
        pytest.skip("SQLite is on this machine and has its clock")
    with record.writing() as session:
        batches.acquire_lease(session, batch.id, owner="one", seconds=60, is_gone=lambda _owner: False)
    monkeypatch.setattr("db.repositories.clock.utc_now", lambda: utc_now() + timedelta(hours=1))
    with record.writing() as session:
        (one,) = batches.under_way(session)
        assert not batches.is_abandoned(session, one, seconds=60, is_gone=lambda _owner: False)


def test_what_a_batch_has_spent_is_what_was_bought_of_it_until_its_end(record: Record, batch: Batch) -> None:
    def buy(kind: CallKind, microusd: int, *, style: str | None = None, stranger: bool = False) -> None:
        person = a_ready_character(session).id if stranger else mine
        told = call_at(CallState.FAILED, work_key=new_id(), kind=kind, character_id=person, sent_at=at)
        more = {"provider": "replicate", "model": "m", "actual_microusd": microusd, "error_code": "empty"}
        session.add(ProviderCall(**told | more, prompt_artifact_id=prompts.get(style or "")))
        session.flush()

    with record.writing() as session:
        mine = batches.items(session, batch.id)[0].character_id
        prompts = {style: a_prompt(session, mine, new_id(), style).id for style in ("anime", "storybook")}
        at = batches.start(session, batch.id).created_at - timedelta(hours=1)
        buy(CallKind.IMAGE, 1, style="anime")
        at = utc_now()
        buy(CallKind.VISION, 10)
        buy(CallKind.IMAGE, 200, style="anime")
        buy(CallKind.IMAGE, 3_000, style="storybook")  # not in this batch
        buy(CallKind.VISION, 40_000, stranger=True)
        assert batches.spent_microusd(session, batch.id) == 210
        batches.finish(session, batch.id)
        at += timedelta(days=1)
        buy(CallKind.IMAGE, 500, style="anime")
        assert batches.spent_microusd(session, batch.id) == 210
        batches.start(session, batch.id)
        assert batches.spent_microusd(session, batch.id) == 710
