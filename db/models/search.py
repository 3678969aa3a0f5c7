"""What of a character is searched, in one text, with an index of every piece of it.

Triggers on characters and their tags keep it (`migrations/versions/2026_11_30_search.py`), so that nobody who
writes either passes it by. It says nothing that they do not say, and is no part of a backup: a record that is
loaded makes it anew. `db.repositories.searching` asks it.

The index is not described here, as each database has its own. SQLite: a table of FTS5's (trigrams), which
keeps further tables beside it. Postgres: a GIN index over the pieces that the function `character_grams`
cuts a text into. That is what the extension pg_trgm does, which the embedded server does not have, not every
role may create, and which sees nothing but ASCII in a database with the locale C.
"""

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base

FTS = "character_words_fts"
GRAMS = "character_grams"  # Postgres's function, and in the index's name
GRAMS_INDEX = f"ix_character_words_{GRAMS}"
# Kept by FTS5 itself, beside the table that is asked.
FTS_TABLES = frozenset({FTS, *(f"{FTS}_{part}" for part in ("data", "idx", "config"))})


class CharacterWords(Base):
    """The folded name, notes and tags of a character, a line each. `number` is its row in the index."""

    __tablename__ = "character_words"
    __table_args__ = (UniqueConstraint("character_id"),)

    number: Mapped[int] = mapped_column(primary_key=True)
    character_id: Mapped[str] = mapped_column(String(36))
    words: Mapped[str] = mapped_column(Text)


def is_described(_object: object, name: str | None, *_more: object) -> bool:
    """For Alembic, as `include_object`: whether the models describe a table or an index of this name."""
    return name != GRAMS_INDEX and name not in FTS_TABLES
