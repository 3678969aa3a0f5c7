"""What the database itself holds, whoever writes: each case breaks one rule and is turned away."""

from typing import Any

import pytest
from sqlalchemy import Executable, insert, select, text, update
from sqlalchemy.exc import DataError, IntegrityError

from db.engine import Record
from db.ids import new_id, utc_now
from db.models import (
    Base,
    Batch,
    BatchItem,
    CallState,
    Character,
    CharacterImage,
    CharacterProfile,
    Event,
    GeneratedAsset,
    PromptArtifact,
    ProviderCall,
    User,
)
from tests.support.rows import a_picture, a_prompt, a_ready_character, an_asset, call_at


@pytest.fixture
def filled(record: Record) -> Record:
    """One row of everything."""
    with record.writing() as session:
        character = a_ready_character(session)
        image = a_picture(session, character.id)
        told = {"work_key": "w", "kind": "image", "provider": "p", "model": "m", "provider_id": "1"}
        session.add(ProviderCall(**call_at(CallState.CLAIMED, **told)))
        batch = Batch(run_token="b", filter={}, plan={})
        session.add(batch)
        session.flush()
        session.add(BatchItem(batch_id=batch.id, character_id=character.id, style="anime", image_id=image.id))
    return record


UNIQUE: list[tuple[type[Any], list[str]]] = [
    (User, ["email"]),
    (CharacterProfile, ["character_id", "version"]),
    (PromptArtifact, ["character_id", "work_key"]),
    (GeneratedAsset, ["storage_key"]),
    (ProviderCall, ["work_key"]),
    (ProviderCall, ["provider", "provider_id"]),
    (Batch, ["run_token"]),
    (BatchItem, ["batch_id", "character_id", "style"]),
]


@pytest.mark.parametrize(("table", "columns"), UNIQUE, ids=lambda value: getattr(value, "__name__", None))
def test_there_is_one_row_of_each(filled: Record, table: type[Any], columns: list[str]) -> None:
    """A copy that differs in every unique column but these is refused; one that differs in these is not."""
    unique = {name for other, names in UNIQUE if other is table for name in names}
    with filled.reading() as session:
        row = session.execute(select(table.__table__)).mappings().first()
        assert row is not None
    others = unique - set(columns)
    refused = dict(row) | {"id": new_id()} | {name: another(row[name]) for name in others}
    with pytest.raises(IntegrityError), filled.writing() as session:
        session.execute(insert(table.__table__).values(refused))
    allowed = refused | {columns[-1]: another(row[columns[-1]])}
    with filled.writing() as session:
        session.execute(insert(table.__table__).values(allowed))


@pytest.mark.parametrize("same", ["work_key", "run_token", "ordinal"])
def test_there_is_one_picture_of_each(filled: Record, same: str) -> None:
    """Of a character and a piece of work; of its style, a run; of its style, a number."""
    with filled.writing() as session:
        there = session.scalars(select(CharacterImage)).one()
        row = {column.name: getattr(there, column.name) for column in CharacterImage.__table__.columns}
        other = "f" * 64
        new = {"id": new_id(), "run_token": "another", "ordinal": 2, "work_key": other}
        new |= {"prompt_artifact_id": a_prompt(session, there.character_id, other).id}
        new |= {"asset_id": an_asset(session).id}
    kept = ("work_key", "prompt_artifact_id", "asset_id") if same == "work_key" else (same,)
    twin = row | new | {name: row[name] for name in kept}
    with pytest.raises(IntegrityError, match=r"(?i)unique"), filled.writing() as session:
        session.execute(insert(CharacterImage).values(twin))
    with filled.writing() as session:
        session.execute(insert(CharacterImage).values(row | new))


def another(value: Any) -> Any:
    return value + 1 if isinstance(value, int) else f"another-{value[-10:]}"


def set_columns(table: type[Base], **columns: Any) -> Executable:
    return update(table).values(**columns)


CHECKS: dict[str, Executable] = {
    "a role": text("UPDATE users SET role = 'king'"),
    "a gender": text("UPDATE characters SET gender = 'robot'"),
    "a status": text("UPDATE characters SET status = 'dancing'"),
    "consent before work": set_columns(Character, consent_at=None),
    "the text of the consent": set_columns(Character, consent_version=None),
    "erased when erased": text("UPDATE characters SET status = 'erased'"),
    "not erased when not": set_columns(Character, erased_at=utc_now()),
    "a name": set_columns(Character, name=""),
    "a name of at most 1200": set_columns(Character, name="n" * 1201),
    "a profile's source": text("UPDATE character_profiles SET source = 'gossip'"),
    "a profile's version": set_columns(CharacterProfile, version=0),
    "a prompt's kind": text("UPDATE prompt_artifacts SET kind = 'song'"),
    "an asset's kind": text("UPDATE generated_assets SET kind = 'song'"),
    "an asset's size": set_columns(GeneratedAsset, size_bytes=0),
    "an asset's width": set_columns(GeneratedAsset, width=0),
    "an asset's height": set_columns(GeneratedAsset, height=-1),
    "an ordinal from 1": set_columns(CharacterImage, ordinal=0),
    "a review": text("UPDATE character_images SET review = 'meh'"),
    "a reason for rejecting": set_columns(CharacterImage, review="rejected"),
    "a favourite that is not rejected": set_columns(
        CharacterImage, review="rejected", review_reason="no", is_selected=True
    ),
    "a call's kind": text("UPDATE provider_calls SET kind = 'song'"),
    "a call's state": text("UPDATE provider_calls SET state = 'lost'"),
    "an estimate": set_columns(ProviderCall, estimate_microusd=-1),
    "a price": set_columns(ProviderCall, actual_microusd=-1),
    "a fence from 1": set_columns(ProviderCall, fence=0),
    "attempts from 1": set_columns(ProviderCall, attempts=0),
    "a batch's state": text("UPDATE batches SET state = 'resting'"),
    "a batch's budget": set_columns(Batch, budget_microusd=-1),
    "an item's state": text("UPDATE batch_items SET state = 'resting'"),
}


@pytest.mark.parametrize("rule", CHECKS)
def test_a_row_keeps_the_rule_of(filled: Record, rule: str) -> None:
    with pytest.raises((IntegrityError, DataError)), filled.writing() as session:
        session.execute(CHECKS[rule])


def test_an_event_is_about_something(record: Record) -> None:
    with pytest.raises(IntegrityError), record.writing() as session:
        session.add(Event(kind="x", actor="test", message="about nothing"))


def test_two_favourites_are_one_too_many(filled: Record) -> None:
    with filled.writing() as session:
        character_id = session.scalars(select(Character.id)).one()
        a_picture(session, character_id, "flat")
    with pytest.raises(IntegrityError), filled.writing() as session:
        session.execute(update(CharacterImage).values(is_selected=True))


def test_the_bytes_of_a_picture_stay_as_long_as_the_picture(filled: Record) -> None:
    for table in ("generated_assets", "prompt_artifacts"):
        with pytest.raises(IntegrityError), filled.writing() as session:
            session.execute(text(f"DELETE FROM {table}"))


def test_deleting_a_character_takes_what_is_its_own_and_leaves_the_bill(filled: Record) -> None:
    with filled.writing() as session:
        session.execute(update(ProviderCall).values(character_id=select(Character.id).scalar_subquery()))
    with filled.writing() as session:
        session.execute(text("DELETE FROM characters"))
    with filled.reading() as session:
        gone = (Event, CharacterProfile, CharacterImage, PromptArtifact, BatchItem)
        assert [session.scalars(select(table)).all() for table in gone] == [[]] * 5
        assert session.scalars(select(ProviderCall)).one().character_id is None
        assert len(session.scalars(select(GeneratedAsset)).all()) == 2  # the store's bytes go first
