"""What the database keeps of the design's promises, whoever writes: each attack is plain SQL, and refused."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import BigInteger, Boolean, DateTime, Double, Integer, String, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from db.dump.shape import KEPT_BY_THE_DATABASE
from db.engine import Record
from db.event_kinds import EventKind
from db.ids import new_id, utc_now
from db.lifecycle import ALLOWED_TRANSITIONS, NOBODY
from db.models import (
    Base,
    Batch,
    BatchItem,
    CallState,
    Character,
    CharacterImage,
    CharacterStatus,
    Event,
    ProviderCall,
    Review,
    User,
)
from db.repositories import calls, claims, events, images, late_answers
from tests.support.rows import a_character_at, a_picture, a_prompt, a_ready_character, an_asset, call_at
from tests.support.unguarded import unguarded

PAID = {"provider": "replicate", "model": "nano", "kind": "image", "estimate_microusd": 39_000}
_numbers = itertools.count()


@pytest.fixture
def filled(record: Record) -> Record:
    """Two characters with a picture each, one of them locked; a batch; a call in every state."""
    with record.writing() as session:
        ada, bo = a_ready_character(session, "Ada"), a_ready_character(session, "Bo")
        locked, other = a_picture(session, ada.id), a_picture(session, bo.id, "flat")
        images.review(session, locked.id, review=Review.LOCKED, actor="test")
        for state in CallState:
            a_call(session, state, work_key=state.value)
        batch = Batch(run_token="b", filter={}, plan={})
        session.add(batch)
        session.flush()
        session.add(BatchItem(batch_id=batch.id, character_id=bo.id, style="flat", image_id=other.id))
    return record


def a_call(session: Any, state: CallState, **told: Any) -> ProviderCall:
    asset_id = an_asset(session).id if state in (CallState.STORED, CallState.RECORDED) else None
    price = 39_000 if state in (CallState.DELIVERED, CallState.STORED, CallState.RECORDED) else None
    columns = PAID | {"work_key": f"call-{next(_numbers)}", "asset_id": asset_id, "actual_microusd": price}
    call = ProviderCall(**call_at(state, **columns | told))
    session.add(call)
    session.flush()
    return call


ADAS = "(SELECT id FROM characters WHERE name = 'Ada')"
BOS = "(SELECT id FROM characters WHERE name = 'Bo')"
ATTACKS: dict[str, str] = {
    "delete a call": "DELETE FROM provider_calls WHERE state = 'recorded'",
    "delete a call that failed": "DELETE FROM provider_calls WHERE state = 'failed'",
    "set a price to 0": "UPDATE provider_calls SET actual_microusd = 0 WHERE state = 'recorded'",
    "forget a price": "UPDATE provider_calls SET actual_microusd = NULL WHERE state = 'delivered'",
    "raise a price": "UPDATE provider_calls SET actual_microusd = 40000 WHERE state = 'stored'",
    "lower a price by a new attempt": "UPDATE provider_calls SET state = 'claimed', attempts = 2, fence = 2, "
    "actual_microusd = NULL, lease_owner = 'x', lease_expires_at = sent_at WHERE state = 'recorded'",
    "take a call back": "UPDATE provider_calls SET state = 'claimed' WHERE state = 'recorded'",
    "send a call again": "UPDATE provider_calls SET state = 'sending', lease_owner = 'x', "
    "lease_expires_at = sent_at WHERE state = 'unknown'",
    "buy an unknown call again": "UPDATE provider_calls SET state = 'claimed', attempts = 2, fence = 2, "
    "lease_owner = 'x', lease_expires_at = sent_at WHERE state = 'unknown'",
    "fail what is bought": "UPDATE provider_calls SET state = 'failed' WHERE state = 'recorded'",
    "lower a fence": "UPDATE provider_calls SET fence = 0 WHERE state = 'claimed'",
    "lower the attempts": "UPDATE provider_calls SET attempts = 0 WHERE state = 'claimed'",
    "free a work key": "UPDATE provider_calls SET work_key = 'another' WHERE state = 'recorded'",
    "sell it to another provider": "UPDATE provider_calls SET provider = 'local' WHERE state = 'unknown'",
    "lower an estimate": "UPDATE provider_calls SET estimate_microusd = 0 WHERE state = 'unknown'",
    "send without a time": "UPDATE provider_calls SET state = 'sending' WHERE state = 'claimed'",
    "forget the time of sending": "UPDATE provider_calls SET sent_at = NULL WHERE state = 'unknown'",
    "send it in another year": "UPDATE provider_calls SET sent_at = '2020-01-01 00:00:00' "
    "WHERE state = 'unknown'",
    "drop a lease": "UPDATE provider_calls SET lease_expires_at = NULL WHERE state = 'accepted'",
    "work for nobody": "UPDATE provider_calls SET lease_owner = NULL WHERE state = 'claimed'",
    "accept at no time": "UPDATE provider_calls SET accepted_at = NULL WHERE state = 'accepted'",
    "deliver at no time": "UPDATE provider_calls SET delivered_at = NULL WHERE state = 'delivered'",
    "store at no time": "UPDATE provider_calls SET stored_at = NULL WHERE state = 'stored'",
    "record at no time": "UPDATE provider_calls SET recorded_at = NULL WHERE state = 'recorded'",
    "end at no time": "UPDATE provider_calls SET ended_at = NULL WHERE state = 'refused'",
    "record nothing": "UPDATE provider_calls SET asset_id = NULL WHERE state = 'recorded'",
    "record another's": "UPDATE provider_calls SET asset_id = (SELECT max(id) FROM generated_assets) "
    "WHERE state = 'recorded' AND asset_id <> (SELECT max(id) FROM generated_assets)"
    " OR state = 'stored' AND asset_id <> (SELECT max(id) FROM generated_assets)",
    "fail without a price": "UPDATE provider_calls SET state = 'failed', ended_at = sent_at "
    "WHERE state = 'unknown'",
    "a result that is a list": "UPDATE provider_calls SET result = '[]' WHERE state = 'accepted'",
    "a case twin of an address": "UPDATE users SET email = 'Operator@Localhost'",
    "ready after erasing": "UPDATE characters SET status = 'ready', erased_at = NULL "
    f"WHERE name = '{NOBODY}'",
    "erase and keep the name": f"UPDATE characters SET status = 'erased', erased_at = created_at, "
    f"photo_asset_id = NULL WHERE id = {BOS}",
    "erase and keep the photo": f"UPDATE characters SET status = 'erased', erased_at = created_at, "
    f"name = '{NOBODY}', search_name = '{NOBODY.lower()}' WHERE id = {BOS}",
    "fail for no reason": f"UPDATE characters SET status = 'failed', status_reason = '' WHERE id = {BOS}",
    "go from ready to drawing": f"UPDATE characters SET status = 'illustrating' WHERE id = {BOS}",
    "a picture as a photo": "UPDATE characters SET photo_asset_id = "
    f"(SELECT max(id) FROM generated_assets WHERE kind = 'variant') WHERE id = {BOS}",
    "delete one with a locked picture": f"DELETE FROM characters WHERE id = {ADAS}",
    "delete a locked picture": "DELETE FROM character_images WHERE review = 'locked'",
    "swap a locked picture": "UPDATE character_images SET asset_id = (SELECT max(asset_id) FROM "
    "character_images WHERE review = 'proposed') WHERE review = 'locked'",
    "swap its bytes": "UPDATE generated_assets SET sha256 = 'other' "
    "WHERE id = (SELECT asset_id FROM character_images WHERE review = 'locked')",
    "reject a locked picture": "UPDATE character_images SET review = 'rejected', review_reason = 'no' "
    "WHERE review = 'locked'",
    "give a picture away": f"UPDATE character_images SET character_id = {BOS} WHERE review = 'locked'",
    "rewrite a prompt": "UPDATE prompt_artifacts SET text = 'other'",
    "rewrite a profile": "UPDATE character_profiles SET version = version + 10",
    "another's profile": "UPDATE prompt_artifacts SET profile_id = (SELECT max(id) FROM character_profiles)",
    "a favourite since never": "UPDATE character_images SET is_selected = (1 = 1) WHERE review = 'locked'",
    "a key above the store": "UPDATE generated_assets SET storage_key = 'pictures/../../etc/passwd' "
    "WHERE id = (SELECT max(id) FROM generated_assets)",
    "run without a beginning": "UPDATE batches SET state = 'running'",
    "end without an end": "UPDATE batches SET state = 'done'",
    "end before the beginning": "UPDATE batches SET started_at = '2026-02-02 00:00:00', "
    "ended_at = '2026-02-01 00:00:00'",
    "a plan that is a list": "UPDATE batches SET plan = '[]'",
    "a filter that is a word": "UPDATE batches SET filter = '\"all\"'",
    "another's piece": f"UPDATE batch_items SET character_id = {ADAS}",
    "another's picture for a piece": "UPDATE batch_items SET image_id = "
    "(SELECT id FROM character_images WHERE review = 'locked')",
    "rewrite the timeline": "UPDATE events SET message = 'It never happened'",
    "move an event": "UPDATE events SET created_at = '2020-01-01 00:00:00'",
}


def test_the_database_refuses_every_attack(filled: Record) -> None:
    with filled.writing() as session:
        session.add(a_character_at(session, CharacterStatus.ERASED))
    before = everything(filled)
    assert {attack: outcome(filled, sql) for attack, sql in ATTACKS.items()} == dict.fromkeys(
        ATTACKS, "refused"
    )
    assert everything(filled) == before


def outcome(record: Record, attack: str) -> str:
    """What came of it; nothing of it stays."""
    try:
        with record.writing() as session:
            hit = session.execute(text(attack)).rowcount  # type: ignore[attr-defined]
            session.flush()
            session.rollback()
    except DBAPIError:
        return "refused"
    return f"done to {hit} rows" if hit else "reached no row"


def everything(record: Record) -> dict[str, list[Any]]:
    with record.reading() as session:
        return {
            name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key.columns))]
            for name, table in Base.metadata.tables.items()
            if name not in KEPT_BY_THE_DATABASE
        }


@pytest.mark.parametrize(
    "missing",
    [
        ("sending", "sent_at"),
        ("unknown", "sent_at"),
        ("claimed", "lease_expires_at"),
        ("claimed", "lease_owner"),
        ("delivered", "lease_expires_at"),
        ("recorded", "asset_id"),
        ("recorded", "actual_microusd"),
        ("written_off", "ended_at"),
    ],
)
def test_no_call_begins_its_life_without(record: Record, missing: tuple[str, str]) -> None:
    state, column = missing
    with record.writing() as session:
        told = call_at(CallState(state), **PAID, work_key="w", asset_id=an_asset(session).id)
        told["actual_microusd"] = 7
    with pytest.raises(IntegrityError), record.writing() as session:
        session.execute(insert(ProviderCall).values(told | {column: None}))
    with record.writing() as session:
        session.execute(insert(ProviderCall).values(told))


def test_calls_take_the_steps_of_the_code_and_no_other(record: Record) -> None:
    """The code's table, what a new attempt begins from, what a person or evidence opens again: by pairs."""
    legal = {
        (before, after) for before, following in calls.ALLOWED_TRANSITIONS.items() for after in following
    }
    legal |= {(before, CallState.FAILED) for before in calls.BY_A_PERSON}
    legal |= {(before, CallState.CLAIMED) for before in calls.STARTED_OVER}
    reopened = calls.REOPENED_BY_EVIDENCE
    legal |= {(before, after) for before in reopened for after in reopened[before] if after is not before}
    assert {pair for pair in itertools.permutations(CallState, 2) if takes(record, *pair)} == legal


def takes(record: Record, before: CallState, after: CallState) -> bool:
    """Whether a free call may go so, by all that such a step writes."""
    free: dict[str, Any] = {"estimate_microusd": 0, "actual_microusd": 0, "kind": "vision"}
    with record.writing() as session:
        erased = a_character_at(session, CharacterStatus.ERASED)  # whose calls may have lost their result
        result: dict[str, Any] | None = None if after is CallState.CLAIMED else {}
        call = a_call(session, before, **free, result=result, character_id=erased.id)
    return is_taken(record, call, after)


def is_taken(record: Record, call: ProviderCall, after: CallState) -> bool:
    needed = call_at(after, actual_microusd=0) | {"fence": call.fence + 1}
    if after is CallState.CLAIMED:
        needed |= {"attempts": call.attempts + 1, "actual_microusd": None}
    if call.sent_at is not None:
        needed.pop("sent_at", None)
    try:
        with record.writing() as session:
            row = calls.get(session, call.id)
            for column, value in needed.items():
                setattr(row, column, value)
    except IntegrityError:
        return False
    return True


FAILED: dict[str, Any] = {"estimate_microusd": 500, "kind": "vision", "actual_microusd": 0}
ASSUMED = FAILED | {"actual_microusd": 500, "error_code": calls.ASSUMED_PAID}
OPENED = (CallState.ACCEPTED, CallState.DELIVERED, CallState.STORED, CallState.FAILED, CallState.UNKNOWN)


@pytest.mark.parametrize("to", OPENED)
@pytest.mark.parametrize("told", [FAILED, ASSUMED], ids=["never bought", "assumed paid"])
def test_late_word_of_the_provider_brings_the_true_price(
    record: Record, told: dict[str, Any], to: CallState
) -> None:
    with record.writing() as session:
        call_id = a_call(session, CallState.FAILED, **told).id
    with record.writing() as session:
        answer: calls.CallColumns = {"provider_id": "late", "actual_microusd": 470, "result": {}}
        late_answers.reopen(session, call_id=call_id, to=to, **answer)
    with record.reading() as session:
        call = calls.get(session, call_id)
        assert (call.state, call.actual_microusd, call.provider_id) == (to, 470, "late")


@pytest.mark.parametrize("to", [CallState.FAILED, CallState.UNKNOWN])
@pytest.mark.parametrize(
    "twist",
    [
        {"actual_microusd": 470},  # a price that is known, and no guess
        {"provider_id": "p1"},  # the provider has said itself what became of it
        {"fence": 1},
    ],
    ids=["a known price", "known to the provider", "the fence stands"],
)
def test_without_it_no_failed_call_gets_another_price(
    record: Record, twist: dict[str, Any], to: CallState
) -> None:
    fence = twist.get("fence", 2)
    with record.writing() as session:
        call_id = a_call(session, CallState.FAILED, **FAILED | twist).id
    values = {"state": to.value, "fence": fence, "id": call_id}
    with pytest.raises(IntegrityError), record.writing() as session:
        session.execute(
            text(
                "UPDATE provider_calls SET state = :state, fence = :fence, actual_microusd = 3 WHERE id = :id"
            ),
            values,
        )


def test_an_attempt_that_was_bought_twice_is_priced_step_by_step(record: Record) -> None:
    """Closed as never arrived and asked for again; then both of them turn up."""
    work: dict[str, Any] = PAID | {"work_key": "w", "owner": "x", "lease_seconds": 60}
    with record.writing() as session:
        call = claims.claim(session, **work).call
        calls.advance(session, call_id=call.id, fence=call.fence, to=CallState.SENDING)
        unknown = calls.advance(session, call_id=call.id, fence=call.fence, to=CallState.UNKNOWN)
        unknown.given_up_at = utc_now()
        session.flush()
        absent: calls.CallColumns = {"actual_microusd": 0, "error_code": calls.NEVER_ARRIVED}
        calls.settle(session, call_id=unknown.id, to=CallState.FAILED, **absent)
    with record.writing() as session:
        again = claims.claim(session, **work).call
        calls.advance(session, call_id=again.id, fence=again.fence, to=CallState.SENDING)
    with record.writing() as session:
        call = calls.get(session, again.id)
        late = late_answers.record_late_attempt(session, call, provider_id="p1", sentence="late")
        assert (late.state, late.actual_microusd, late.attempt_of) == (CallState.UNKNOWN, None, call.id)
        assert late in calls.unknown(session, given_up=False), "it is looked for, or told to a person"
    with record.writing() as session:
        twice: calls.CallColumns = {"actual_microusd": 39_000, "error_code": calls.BOUGHT_TWICE}
        calls.settle(session, call_id=late.id, to=CallState.FAILED, **twice)
    with record.reading() as session:
        assert calls.spent_microusd(session) == 39_000
    with pytest.raises(IntegrityError, match="known price"), record.writing() as session:
        session.execute(text("UPDATE provider_calls SET actual_microusd = 0, fence = fence + 1"))


def test_what_is_on_record_of_a_lost_hour_is_unknown_from_its_first_moment(record: Record) -> None:
    with record.writing() as session:
        a_call(session, CallState.UNKNOWN)
        a_call(session, CallState.UNKNOWN, attempt_of=new_id())
    with pytest.raises(IntegrityError, match="what a call is for"), record.writing() as session:
        session.execute(text("UPDATE provider_calls SET attempt_of = NULL"))


def test_characters_take_the_steps_of_the_code_and_no_other(record: Record) -> None:
    legal = {(before, after) for before, following in ALLOWED_TRANSITIONS.items() for after in following}
    assert {pair for pair in itertools.permutations(CharacterStatus, 2) if goes(record, *pair)} == legal


def goes(record: Record, before: CharacterStatus, after: CharacterStatus) -> bool:
    with record.writing() as session:
        character_id = a_character_at(session, before).id
        like = a_character_at(session, after)
    columns = ("status", "status_reason", "erased_at", "name", "search_name", "photo_asset_id")
    try:
        with record.writing() as session:
            row = session.get_one(Character, character_id)
            for column in columns:
                setattr(row, column, getattr(like, column))
    except IntegrityError:
        return False
    return True


def test_reviews_take_the_steps_of_the_code_and_no_other(record: Record) -> None:
    legal = {(before, after) for before, following in images.REVIEWS.items() for after in following}
    taken = set()
    with record.writing() as session:
        character_id = a_ready_character(session).id
    for before, after in itertools.permutations(Review, 2):
        with record.writing() as session:
            image_id = a_picture(session, character_id).id
        for state in path_to(before):
            set_review(record, image_id, state)
        try:
            set_review(record, image_id, after)
        except IntegrityError:
            continue
        taken.add((before, after))
    assert taken == legal


def path_to(review: Review) -> list[Review]:
    return [] if review is Review.PROPOSED else [review]


def set_review(record: Record, image_id: str, review: Review) -> None:
    with record.writing() as session:
        image = session.get_one(CharacterImage, image_id)
        image.review, image.review_reason = review, "so"


def row_of(row: Base) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


def test_every_row_there_is_can_be_written_again_as_it_stands(filled: Record) -> None:
    """As a restore does it: whole rows, in their last state, and no step of the way."""
    with filled.writing() as session:
        a_character_at(session, CharacterStatus.ERASED)
        a_character_at(session, CharacterStatus.FAILED)
    rows = everything(filled)
    with filled.writing() as session:
        wipe(session)
    with filled.writing() as session:
        for table in Base.metadata.sorted_tables:
            for row in rows.get(table.name, ()):
                values = dict(zip(table.columns.keys(), row, strict=True))
                if table.name == "characters":
                    values["photo_asset_id"] = None
                session.execute(insert(table).values(values))
        photos = {row.id: row.photo_asset_id for row in named(rows)}
        for character_id, photo in photos.items():
            session.get_one(Character, character_id).photo_asset_id = photo
    assert everything(filled) == rows


def named(rows: dict[str, list[Any]]) -> Iterator[Any]:
    table = Base.metadata.tables["characters"]
    for row in rows["characters"]:
        yield type("Row", (), dict(zip(table.columns.keys(), row, strict=True)))


def wipe(session: Session) -> None:
    """Another, empty record: here, this one without its guards for a moment."""
    with unguarded(session):
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text("PRAGMA defer_foreign_keys = ON"))
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(text(f"DELETE FROM {table.name}"))


KEYS = ("", "/etc/passwd", "../up", "pictures/..", "a/../b", "a\\b", "a//b", "./a", "a/./b", "a/")


@pytest.mark.parametrize("key", KEYS)
def test_a_storage_key_stays_inside_the_store(record: Record, key: str) -> None:
    with pytest.raises(IntegrityError), record.writing() as session:
        an_asset(session, key or "x")
        session.execute(
            text(
                "INSERT INTO generated_assets SELECT 'id', created_at, kind, :key, sha256, content_type, "
                "size_bytes, width, height, prompt_artifact_id FROM generated_assets"
            ),
            {"key": key},
        )


def test_dots_in_a_name_are_no_way_out(record: Record) -> None:
    with record.writing() as session:
        for key in ("pictures/a..b.png", "a/...", ".hidden/b"):
            an_asset(session, key)


@pytest.mark.parametrize("twist", ["character", "prompt", "bytes", "photo"])
def test_no_picture_is_made_of_another_characters(filled: Record, twist: str) -> None:
    with filled.reading() as session:
        ours, theirs = session.scalars(select(CharacterImage).order_by(CharacterImage.id)).all()
    columns = row_of(ours) | {"id": new_id(), "ordinal": 9, "run_token": "r", "work_key": theirs.work_key}
    columns |= {"review": "proposed"}
    if twist == "character":
        columns |= {"asset_id": theirs.asset_id, "prompt_artifact_id": theirs.prompt_artifact_id}
    if twist == "prompt":
        columns |= {"prompt_artifact_id": theirs.prompt_artifact_id, "work_key": "own", "style": "flat"}
    if twist in ("bytes", "photo"):
        columns |= {"ordinal": 10, "work_key": "own"}
    with pytest.raises(IntegrityError), filled.writing() as session:
        if twist == "photo":
            columns["asset_id"] = session.get_one(Character, ours.character_id).photo_asset_id
        if twist == "bytes":
            columns["asset_id"] = theirs.asset_id
        session.execute(insert(CharacterImage).values(columns))


def test_a_style_has_each_number_once(filled: Record) -> None:
    """Asked for under a number that is taken, as after a correction, a picture gets the next."""
    with filled.writing() as session:
        character_id = a_ready_character(session).id
        other = a_picture(session, character_id)
        prompt = a_prompt(session, character_id, "e" * 64)
        again, _ = images.record(
            session,
            character_id=character_id,
            style="anime",
            ordinal=1,
            run_token="another",
            work_key="e" * 64,
            asset_id=an_asset(session).id,
            prompt_artifact_id=prompt.id,
        )
    assert (other.ordinal, again.ordinal) == (1, 2)
    with pytest.raises(IntegrityError, match=r"(?i)unique"), filled.writing() as session:
        prompt = a_prompt(session, character_id, "f" * 64)
        twin = row_of(other) | {"id": new_id(), "run_token": "r", "ordinal": 1, "work_key": "f" * 64}
        twin |= {"prompt_artifact_id": prompt.id, "asset_id": an_asset(session).id}
        session.execute(insert(CharacterImage).values(twin))


def test_case_twins_of_a_work_key_are_refused(record: Record) -> None:
    with record.writing() as session:
        a_call(session, CallState.CLAIMED, work_key="abc")
    with pytest.raises(IntegrityError), record.writing() as session:
        a_call(session, CallState.CLAIMED, work_key="ABC")


def test_erasing_may_take_a_name_out_of_what_was_said_and_nothing_else(record: Record) -> None:
    with record.writing() as session:
        character = a_ready_character(session, "Ada")
        events.add(
            session,
            kind=EventKind.CALL_SETTLED,
            actor="test",
            message="Ada is here",
            character_id=character.id,
        )
        photo_of = session.get_one(Character, character.id)
        photo_of.status, photo_of.erased_at = CharacterStatus.ERASED, photo_of.created_at
        photo_of.name, photo_of.photo_asset_id = NOBODY, None
    with record.writing() as session:
        session.execute(text("UPDATE events SET message = 'Erased is here', data = '{}'"))
    for column in ("kind = 'y'", "created_at = '2020-01-01 00:00:00'", "actor = 'x'", "run_token = 'x'"):
        with pytest.raises(IntegrityError, match="append-only"), record.writing() as session:
            session.execute(text(f"UPDATE events SET {column} WHERE kind = 'call.settled'"))


COLUMNS = [(table, column) for table in Base.metadata.sorted_tables for column in table.columns]
WRONG = {
    Integer: ["'text'", "1.5", "x'00'"],
    BigInteger: ["'text'", "1.5", "x'00'"],
    Boolean: ["2", "'yes'"],
    DateTime: ["'yesterday'", "'2026-13-45 00:00:00'", "20261129", "'2026-11-29 10:00:00+02:00'"],
    String: ["x'41'"],
    Double: ["'fast'"],
}


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda each: str(getattr(each, "name", each)))
def test_sqlite_takes_no_value_of_another_type(sqlite: Record, table: Any, column: Any) -> None:
    """Postgres has its column types for that; SQLite takes anything, unless it is told."""
    kind = getattr(column.type, "impl", column.type)
    wrong = next((values for type_, values in WRONG.items() if isinstance(kind, type_)), ["'no json'", "'7'"])
    for value in wrong:
        columns = ", ".join(f'"{each.name}"' for each in table.columns)
        values = ", ".join(value if each is column else legal(each) for each in table.columns)
        with (
            pytest.raises(IntegrityError, match=f"{column.name} is |datatype mismatch"),
            sqlite.writing() as session,
        ):
            session.connection().exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            session.connection().exec_driver_sql(f"INSERT INTO {table.name} ({columns}) VALUES ({values})")


ARRAYS = ("palette", "do_not_change", "notes", "processors", "purposes", "image_ids")


def legal(column: Any) -> str:
    """A value of the right type, whatever else it breaks: the types are looked at as well."""
    kind = getattr(column.type, "impl", column.type)
    if isinstance(kind, DateTime):
        return "'2026-11-29 10:00:00.000000'"
    if isinstance(kind, Integer | Boolean | Double):
        return "1"
    if "JSON" in str(column.type):
        return "'[]'" if column.name in ARRAYS else "'{}'"
    return "'a'"


@pytest.fixture
def sqlite(migrated_record: Any, tmp_path: Any) -> Iterator[Record]:
    copy = tmp_path / "record.db"
    copy.write_bytes(migrated_record.read_bytes())
    record = Record(f"sqlite:///{copy}")
    yield record
    record.close()


def test_replacing_a_row_is_deleting_it(sqlite: Record) -> None:
    """SQLite's REPLACE deletes the row in the way without a word to its triggers, unless it is told to."""
    with sqlite.writing() as session:
        a_call(session, CallState.UNKNOWN, work_key="w")
    with pytest.raises(IntegrityError, match="never deleted"), sqlite.writing() as session:
        session.execute(
            text(
                "REPLACE INTO provider_calls (id, created_at, work_key, kind, provider, model, state, fence, "
                "attempts, lease_owner, lease_expires_at, estimate_microusd, updated_at) "
                "SELECT id, created_at, work_key, kind, provider, model, 'claimed', 1, 1, 'x', created_at, "
                "0, updated_at FROM provider_calls"
            )
        )


@pytest.mark.postgres
@pytest.mark.parametrize("table", ["provider_calls", "characters CASCADE", "events"])
def test_no_table_of_money_is_emptied_in_one_go(postgres_url: str, table: str) -> None:
    record = Record(postgres_url)
    with pytest.raises(IntegrityError, match="append-only"), record.writing() as session:
        session.execute(text(f"TRUNCATE {table}"))
    record.close()


def test_an_operator_is_found_whatever_the_case(record: Record) -> None:
    with pytest.raises(IntegrityError), record.writing() as session:
        session.add(User(email="Ada@Example.org", name="Ada"))
    with record.writing() as session:
        session.add(User(email="ada@example.org", name="Ada"))
        assert session.scalars(select(Event)).all() == []
