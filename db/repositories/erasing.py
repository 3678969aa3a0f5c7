"""Taking one person out of the record: which rows and bytes are theirs, and the deleting of the rows.

What hangs on a character is found by the tables' foreign keys, so that a table that comes later is emptied of
the person as well, unless it is named here as one that stays.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from db import lifecycle
from db.event_kinds import EventKind
from db.models import (
    Base,
    CallKind,
    Character,
    CharacterImage,
    CharacterProfile,
    CharacterStatus,
    Event,
    GeneratedAsset,
    OrderedPicture,
    PromptArtifact,
    ProviderCall,
    Review,
    UsedUpload,
)
from db.repositories import facets, saved_views

ERASED = "erased"  # of a call: what it bought was erased
CANON = (Review.APPROVED, Review.LOCKED)
# What says nothing of the person and is kept: money, that something happened, which work a batch had, that an
# upload was used, and that there was a consent.
STAYS = frozenset({"provider_calls", "events", "batch_items", "used_uploads", "consents"})
# Columns of the character that are kept; every other is emptied, those that come later too.
KEPT_COLUMNS = frozenset(
    {"id", "created_at", "name", "search_name", "status", "status_at", "run_token", "consent_version"}
    | {"consent_by", "consent_at", "created_by", "erased_at"}
)

_FILLED_IN = re.compile(
    r"(?:,[^,{]*|: | for )\{"
)  # of an event's sentence: from where it says more than its kind


@dataclass(frozen=True)
class PersonBytes:
    """An object of the store that shows the person, as its row told it."""

    asset_id: str
    kind: str
    key: str
    sha256: str
    size: int


@dataclass(frozen=True)
class PersonRows:
    """What the record holds of one person, by name."""

    objects: tuple[PersonBytes, ...]  # to be deleted
    canon: tuple[PersonBytes, ...]  # approved pictures that stay
    work_keys: tuple[str, ...]  # of all that was asked for them and is nobody else's
    call_ids: tuple[str, ...]
    own_ids: tuple[str, ...]  # of profiles, prompts, pictures and assets
    upload_keys: tuple[str, ...]
    run_tokens: tuple[str, ...]
    processors: tuple[str, ...]  # providers that a request left for
    passed_on: Mapping[str, str]  # calls that another character lives by as well, with its id


def find(session: Session, character: Character, *, keep_canon: bool) -> PersonRows:
    """What is on record of the character now. Writes nothing."""
    photo = session.get(GeneratedAsset, character.photo_asset_id) if character.photo_asset_id else None
    mine_too = PromptArtifact.character_id == character.id
    told = session.execute(sa.select(PromptArtifact.id, PromptArtifact.work_key).where(mine_too))
    prompts = {row[0]: row[1] for row in told}
    images = list(
        session.scalars(sa.select(CharacterImage).where(CharacterImage.character_id == character.id))
    )
    calls = list(session.scalars(sa.select(ProviderCall).where(ProviderCall.character_id == character.id)))
    twin = _twin(session, character, photo)
    elsewhere = _elsewhere(session, character.id, {*prompts.values(), *(call.work_key for call in calls)})
    canon_ids = {each.asset_id for each in images if keep_canon and each.review in CANON}
    asset_ids = {each.asset_id for each in images} | {call.asset_id for call in calls if call.asset_id}
    asset_ids |= set(
        session.scalars(sa.select(GeneratedAsset.id).where(GeneratedAsset.prompt_artifact_id.in_(prompts)))
    )
    passed_on = {call.id: heir for call in calls if (heir := _heir(call, twin, elsewhere))}
    shared = _shown_elsewhere(session, character.id, asset_ids)
    shared |= {call.asset_id for call in calls if call.id in passed_on and call.asset_id}
    assets = [session.get_one(GeneratedAsset, each) for each in sorted(asset_ids - shared)]
    mine = [_bytes(each) for each in assets if each.id not in canon_ids]
    if photo is not None:
        mine.append(_bytes(photo))
    canon_keys = {each.work_key for each in images if each.asset_id in canon_ids}
    keys = {*prompts.values(), *(call.work_key for call in calls if call.id not in passed_on)}
    profiles = session.scalars(
        sa.select(CharacterProfile.id).where(CharacterProfile.character_id == character.id)
    )
    uploads = session.scalars(sa.select(UsedUpload.upload_key).where(UsedUpload.character_id == character.id))
    tokens = session.scalars(
        sa.select(Event.run_token)
        .where(Event.character_id == character.id, Event.run_token.is_not(None))
        .distinct()
    )
    return PersonRows(
        objects=tuple(mine),
        canon=tuple(_bytes(each) for each in assets if each.id in canon_ids),
        work_keys=tuple(sorted(keys - set(elsewhere) - canon_keys)),
        call_ids=tuple(call.id for call in calls if call.id not in passed_on),
        own_ids=(*profiles, *prompts, *(each.id for each in images), *(each.asset_id for each in mine)),
        upload_keys=tuple(uploads),
        run_tokens=tuple(token for token in tokens if token),
        processors=tuple(sorted({call.provider for call in calls if call.sent_at is not None})),
        passed_on=passed_on,
    )


def erase_rows(session: Session, character: Character, rows: PersonRows, *, actor: str) -> dict[str, int]:
    """Mark the character as erased and take the person out of every table; how many rows went, by table.

    The caller holds the character and has noted the erasure elsewhere.
    """
    character_id, canon = character.id, {each.asset_id for each in rows.canon}
    views = 0
    if character.status is not CharacterStatus.ERASED:
        views = saved_views.forget_name(session, character.name)
        lifecycle.check(character, CharacterStatus.ERASED)
        lifecycle.step(session, character, CharacterStatus.ERASED, actor=actor)
    _empty_columns(session, character)
    session.flush()
    images = [CharacterImage.character_id == character_id, CharacterImage.asset_id.not_in(canon)]
    canon_prompts = sa.select(CharacterImage.prompt_artifact_id).where(
        CharacterImage.character_id == character_id, CharacterImage.asset_id.in_(canon)
    )
    gone = {"saved_views": views, "character_images": _delete(session, CharacterImage, images)}
    kept = list(session.scalars(canon_prompts))
    gone["prompt_artifacts"] = _delete(
        session,
        PromptArtifact,
        [PromptArtifact.character_id == character_id, PromptArtifact.id.not_in(kept)],
    )
    session.execute(
        sa.update(PromptArtifact)
        .where(PromptArtifact.id.in_(kept))
        .values(text="", parameters={}, profile_id=None)
    )
    session.execute(
        sa.update(CharacterImage)
        .where(CharacterImage.character_id == character_id)
        .values(likeness=None, review_reason=None)
    )
    gone["provider_calls"] = _empty_calls(session, character_id, rows)
    gone["generated_assets"] = _delete(
        session, GeneratedAsset, [GeneratedAsset.id.in_([each.asset_id for each in rows.objects])]
    )
    gone["events"] = _empty_events(session, character_id)
    for table in _tables_of_characters():
        column = next(iter(_to_characters(table)))
        done = session.connection().execute(sa.delete(table).where(column == character_id))
        gone[table.name] = gone.get(table.name, 0) + done.rowcount
    session.execute(
        sa.update(Base.metadata.tables["batch_items"])
        .where(sa.column("character_id") == character_id)
        .values(error_sentence=None)
    )
    return {name: count for name, count in sorted(gone.items()) if count}


def erase_photo(session: Session, character: Character) -> PersonBytes | None:
    """Take the photo's row away, and nothing else; returns what is to be deleted, if there is a photo."""
    if character.photo_asset_id is None:
        return None
    photo = _bytes(session.get_one(GeneratedAsset, character.photo_asset_id))
    character.photo_asset_id = None
    session.flush()
    _delete(session, GeneratedAsset, [GeneratedAsset.id == photo.asset_id])
    return photo


def erase_picture(session: Session, image: CharacterImage) -> PersonBytes | None:
    """Take one picture's rows away, and its order, so that no machine draws it again; returns what is to be
    deleted, None where another character shows it. What it cost stays.
    """
    told = _bytes(session.get_one(GeneratedAsset, image.asset_id))
    shared = _shown_elsewhere(session, image.character_id, {told.asset_id})
    ordered = [
        OrderedPicture.character_id == image.character_id,
        OrderedPicture.style == image.style,
        OrderedPicture.framing == image.framing,
        OrderedPicture.ordinal == image.ordinal,
    ]
    _delete(session, OrderedPicture, ordered)
    _delete(session, CharacterImage, [CharacterImage.id == image.id])
    facets.refresh(session, image.character_id)
    if shared:
        return None
    bought = ProviderCall.asset_id == told.asset_id
    session.execute(sa.update(ProviderCall).where(bought).values(error_code=ERASED, asset_id=None))
    _delete(session, GeneratedAsset, [GeneratedAsset.id == told.asset_id])
    return told


def rows_of(session: Session, character: Character) -> dict[str, list[dict[str, Any]]]:
    """Every row that is about the character, by table, tables that come later too."""
    found = {}
    for table in Base.metadata.sorted_tables:
        if table.name not in ("characters", "provider_calls") and not _to_characters(table):
            continue
        column = table.c.id if table.name == "characters" else table.c.character_id
        query = sa.select(table).where(column == character.id)
        found[table.name] = [dict(row) for row in session.execute(query).mappings()]
    return found


def still_named(session: Session, keys: Collection[str]) -> set[str]:
    """Which of these storage keys a row names (again)."""
    query = sa.select(GeneratedAsset.storage_key).where(GeneratedAsset.storage_key.in_(list(keys)))
    return set(session.scalars(query))


def _twin(session: Session, character: Character, photo: GeneratedAsset | None) -> str | None:
    if photo is None:
        return None
    theirs = aliased(GeneratedAsset)
    query = (
        sa.select(Character.id)
        .join(theirs, theirs.id == Character.photo_asset_id)
        .where(theirs.sha256 == photo.sha256, Character.id != character.id)
        .where(Character.status != CharacterStatus.ERASED)
    )
    return session.scalar(query.order_by(Character.id).limit(1))


def _elsewhere(session: Session, character_id: str, work_keys: set[str]) -> dict[str, str]:
    """Which of these pieces of work somebody else was drawn with, too, and who."""
    query = (
        sa.select(PromptArtifact.work_key, PromptArtifact.character_id)
        .join(Character, Character.id == PromptArtifact.character_id)
        .where(PromptArtifact.work_key.in_(work_keys), PromptArtifact.character_id != character_id)
        .where(Character.status != CharacterStatus.ERASED)
    )
    return {row[0]: row[1] for row in session.execute(query.order_by(PromptArtifact.id))}


def _shown_elsewhere(session: Session, character_id: str, asset_ids: Iterable[str]) -> set[str]:
    query = sa.select(CharacterImage.asset_id).where(
        CharacterImage.asset_id.in_(list(asset_ids)), CharacterImage.character_id != character_id
    )
    return set(session.scalars(query))


def _heir(call: ProviderCall, twin: str | None, elsewhere: Mapping[str, str]) -> str | None:
    """Who else lives by what the call bought: a look by a photo, a picture by its work."""
    return twin if call.kind is CallKind.VISION else elsewhere.get(call.work_key)


def _bytes(asset: GeneratedAsset) -> PersonBytes:
    return PersonBytes(asset.id, asset.kind.value, asset.storage_key, asset.sha256, asset.size_bytes)


def _empty_columns(session: Session, character: Character) -> None:
    table = Character.__table__
    for column in table.columns:
        if column.name in KEPT_COLUMNS:
            continue
        default = column.default.arg if column.default is not None else None
        setattr(character, column.name, default if not callable(default) else None)


def _empty_calls(session: Session, character_id: str, rows: PersonRows) -> int:
    """What a call saw goes; what it cost stays. What another character lives by becomes that one's."""
    for call_id, heir in rows.passed_on.items():
        session.execute(sa.update(ProviderCall).where(ProviderCall.id == call_id).values(character_id=heir))
    mine = ProviderCall.character_id == character_id
    session.execute(sa.update(ProviderCall).where(mine).values(error_sentence=None))
    looks = [mine, ProviderCall.kind == CallKind.VISION, ProviderCall.result.is_not(None)]
    session.flush()
    return session.connection().execute(sa.update(ProviderCall).where(*looks).values(result=None)).rowcount


def _empty_events(session: Session, character_id: str) -> int:
    """What happened stays, in the words of its kind; what was said of it goes."""
    found = session.execute(sa.select(Event.id, Event.kind).where(Event.character_id == character_id)).all()
    events = Base.metadata.tables["events"]
    for kind in {row.kind for row in found}:
        known = EventKind(kind).sentence if kind in set(EventKind) else ""
        sentence = _FILLED_IN.split(known)[0] or "Erased"
        session.execute(
            sa.update(events)
            .where(events.c.character_id == character_id, events.c.kind == kind)
            .values(message=sentence, data={})
        )
    return len(found)


def _tables_of_characters() -> list[sa.Table]:
    """Every table that hangs on characters and does not stay, those first that hang on others of them."""
    special = STAYS | {"character_images", "prompt_artifacts"}  # seen to before: some of them are canon
    return [
        table
        for table in reversed(Base.metadata.sorted_tables)
        if table.name not in special and _to_characters(table)
    ]


def _to_characters(table: sa.Table) -> list[sa.Column[Any]]:
    return [
        key.parent
        for key in table.foreign_keys
        if key.column.table.name == "characters" and key.ondelete == "CASCADE"
    ]


def _delete(session: Session, model: type[Base], which: list[Any]) -> int:
    session.flush()
    return session.connection().execute(sa.delete(model).where(*which)).rowcount
