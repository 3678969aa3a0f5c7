"""Which characters hold the words of a search: in the name, a tag or the notes, by id or by order number.

A word is looked for anywhere in them, in any script, by an index of every piece of three characters; shorter
ones too on Postgres, whose index has them. SQLite's has none, and the texts are read through for those.
"""

from sqlalchemy import ColumnElement, Select, column, func, literal, select, table, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnClause
from sqlalchemy.types import Text

from db.called import id_ending
from db.ids import BEGINNING_OF_ID
from db.models import Character, CharacterWords
from db.models.search import FTS, GRAMS
from db.names import displayable, searchable

PIECE = 3  # characters of one entry of the index
_FTS_WORDS: ColumnClause[str] = column("words")
_FTS_ROWID: ColumnClause[int] = column("rowid")
_FTS_TABLE = table(FTS, _FTS_ROWID, _FTS_WORDS)


def holding(session: Session, query: str) -> list[ColumnElement[bool]]:
    """What a query for characters says so that all words of `query` are found in each; none: no rules."""
    words = searchable(displayable(query)).split()
    if not words and query.strip():  # signs alone, which the folding leaves nothing of
        return [Character.name.contains(displayable(query), autoescape=True)]
    by_id = {word: ids for word in words if (ids := _with_id(word))}
    said = [word for word in words if word not in by_id]
    rules: list[ColumnElement[bool]] = []
    if said:
        rules.append(Character.id.in_(_saying(session, said)))
    rules += [Character.id.in_(union_all(_saying(session, [word]), *ids)) for word, ids in by_id.items()]
    return rules


def has_order_number(ending: str) -> ColumnElement[bool]:
    """Whether a character's id ends so, of `db.called.id_ending`."""
    return func.substr(Character.id, 29) == ending  # by an index over these last eight signs


def _saying(session: Session, words: list[str]) -> Select[tuple[str]]:
    """The ids of the characters whose texts hold all of `words`."""
    query = select(CharacterWords.character_id)
    if session.get_bind().dialect.name == "postgresql":
        pieces = sorted({piece for word in words for piece in pieces_of(word)})
        cut = getattr(func, GRAMS)(CharacterWords.words, type_=ARRAY(Text))
        return query.where(cut.contains(literal(pieces, ARRAY(Text))), *map(_holds, words))
    indexed = [word for word in words if len(word) >= PIECE]
    query = query.where(*(_holds(word) for word in words if len(word) < PIECE))
    if not indexed:
        return query
    wanted = " AND ".join('"' + word.replace('"', '""') + '"' for word in indexed)
    found = select(_FTS_TABLE.c.rowid).where(_FTS_TABLE.c.words.op("MATCH")(wanted))
    return query.where(CharacterWords.number.in_(found))


def _holds(word: str) -> ColumnElement[bool]:
    return CharacterWords.words.contains(word, autoescape=True)


def pieces_of(word: str) -> list[str]:
    """The entries of Postgres's index that whatever holds `word` must have."""
    size = min(PIECE, len(word))
    return [word[place : place + size] for place in range(len(word) - size + 1)]


def _with_id(word: str) -> list[Select[tuple[str]]]:
    """Whose id begins with `word`, and whose order number it is; nothing where it can be neither."""
    found = []
    if BEGINNING_OF_ID.fullmatch(word):
        within = Character.id.between(word, f"{word}g")  # after every digit of an id
        found.append(select(Character.id).where(within, Character.id.startswith(word, autoescape=True)))
    if ending := id_ending(word):
        found.append(select(Character.id).where(has_order_number(ending)))
    return found
