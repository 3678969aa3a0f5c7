"""The tags that people give characters."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import ColumnElement, bindparam, exists, func, select
from sqlalchemy.orm import Session

from db.labels import distinct_tags, searchable_tag
from db.models import Character, CharacterTag


def set_tags(session: Session, character_id: str, tags: Iterable[str]) -> list[str]:
    """Give the character these tags and no others; as they are kept. What it has already is not written
    again. The caller holds the character.
    """
    wanted = distinct_tags(tags)
    keys = {searchable_tag(tag): tag for tag in wanted}
    session.flush()
    own = CharacterTag.character_id == character_id
    there = {row.search_tag: row for row in session.scalars(select(CharacterTag).where(own))}
    for key, row in there.items():
        if key not in keys:
            session.delete(row)
        elif row.tag != keys[key]:  # the same tag, spelled otherwise
            row.tag = keys[key]
    session.add_all(
        CharacterTag(character_id=character_id, search_tag=key, tag=tag)
        for key, tag in keys.items()
        if key not in there
    )
    session.flush()
    return wanted


def of_character(session: Session, character_id: str) -> list[str]:
    """The tags of one character, as they are written."""
    return of_characters(session, [character_id]).get(character_id, [])


def of_characters(session: Session, character_ids: Collection[str]) -> Mapping[str, list[str]]:
    """The tags of some characters, in one query; whoever has none is not named."""
    query = select(CharacterTag.character_id, CharacterTag.tag)
    query = query.where(CharacterTag.character_id.in_(character_ids)).order_by(CharacterTag.search_tag)
    found: dict[str, list[str]] = {}
    for owner, tag in session.execute(query):
        found.setdefault(owner, []).append(tag)
    return found


def counts(session: Session, limit: int = 200) -> list[tuple[str, int]]:
    """Every tag in use with how many characters have it, the most used first. Erased ones count nothing."""
    number = func.count()
    # Of the index alone: who is erased has none.
    most = select(CharacterTag.search_tag, number).group_by(CharacterTag.search_tag)
    counted = session.execute(most.order_by(number.desc(), CharacterTag.search_tag).limit(limit)).all()
    one = select(func.min(CharacterTag.character_id)).where(CharacterTag.search_tag == bindparam("of"))
    written = select(CharacterTag.tag).where(
        CharacterTag.search_tag == bindparam("of"), CharacterTag.character_id == one.scalar_subquery()
    )
    return [(session.scalar(written, {"of": tag}) or tag, count) for tag, count in counted]


def has_tag(tag: str) -> ColumnElement[bool]:
    """Whether the character of the enclosing query has this very tag, however it is spelled."""
    return exists().where(
        CharacterTag.character_id == Character.id, CharacterTag.search_tag == searchable_tag(tag)
    )
