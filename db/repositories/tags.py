"""The tags that people give characters."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from db.labels import distinct_tags, searchable_note, searchable_tag
from db.models import Character, CharacterStatus, CharacterTag
from db.names import searchable


def set_tags(session: Session, character_id: str, tags: Iterable[str]) -> list[str]:
    """Give the character these tags and no others; as they are kept. The caller holds the character."""
    wanted = distinct_tags(tags)
    session.flush()
    session.execute(delete(CharacterTag).where(CharacterTag.character_id == character_id))
    session.add_all(
        CharacterTag(character_id=character_id, search_tag=searchable_tag(tag), tag=tag) for tag in wanted
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
    query = (
        select(func.min(CharacterTag.tag), number)
        .join(Character, Character.id == CharacterTag.character_id)
        .where(Character.status != CharacterStatus.ERASED)
        .group_by(CharacterTag.search_tag)
        .order_by(number.desc(), CharacterTag.search_tag)
        .limit(limit)
    )
    return [(tag, count) for tag, count in session.execute(query)]


def has_tag(tag: str) -> ColumnElement[bool]:
    """Whether the character of the enclosing query has this very tag, however it is spelled."""
    return exists().where(
        CharacterTag.character_id == Character.id, CharacterTag.search_tag == searchable_tag(tag)
    )


def says(word: str) -> ColumnElement[bool]:
    """Whether a tag or the notes of the character of the enclosing query hold `word`."""
    folded, wanted = searchable_note(word), searchable(word) or word
    in_a_tag = exists().where(
        CharacterTag.character_id == Character.id, CharacterTag.search_tag.contains(wanted, autoescape=True)
    )
    if not folded:  # signs alone, which the folding leaves nothing of
        return or_(in_a_tag, Character.notes.contains(word, autoescape=True))
    return or_(in_a_tag, Character.search_notes.contains(folded, autoescape=True))
