"""Names, notes and tags of a character in one text with an index of its pieces, kept by triggers."""

import sqlalchemy as sa
from alembic import op

from db.errors import MigrationFailed
from migrations import guards
from migrations.online import create_index, drop_index, pieces_of, step

revision = "2026_11_30_search"
down_revision = "2026_11_30_character_counts"
branch_labels = None
depends_on = None

WORDS = "character_words"
FTS = "character_words_fts"
GRAMS = "character_grams"
GRAMS_INDEX = f"ix_{WORDS}_{GRAMS}"
ENDING = "ix_characters_order_number"
NO_FTS = (
    "The SQLite of this Python can't search texts: it needs FTS5 with the tokenizer trigram, which is there "
    "from SQLite 3.34 on. Use another Python, or keep the record in Postgres (DATABASE_URL)."
)
LINE = {"sqlite": "char(10)", "postgresql": "chr(10)"}
TAGS = {
    "sqlite": "group_concat(search_tag, char(10))",
    "postgresql": "string_agg(search_tag, chr(10) ORDER BY search_tag)",
}


def upgrade() -> None:
    with step("what is searched"):
        op.create_table(
            WORDS,
            sa.Column("number", sa.Integer(), nullable=False),
            sa.Column("character_id", sa.String(36), nullable=False),
            sa.Column("words", sa.Text(), nullable=False),
            sa.PrimaryKeyConstraint("number", name=op.f(f"pk_{WORDS}")),
            sa.UniqueConstraint("character_id", name=op.f(f"uq_{WORDS}_character_id")),
            if_not_exists=True,
        )
        guards.install(WORDS, guards.types(integers="number", texts="character_id words"))
        _drop_triggers()
        if _dialect() == "sqlite":
            _sqlite_index()
            _sqlite_triggers()
        else:
            _postgres_function()
            _postgres_triggers()
    made = (
        f"INSERT INTO {WORDS} (character_id, words) SELECT id, {_words_of('characters.id')} FROM characters"  # noqa: S608
    )
    missing = f"NOT EXISTS (SELECT 1 FROM {WORDS} WHERE {WORDS}.character_id = characters.id)"  # noqa: S608
    for piece in pieces_of("characters", "what is searched"):
        between = f"id > '{piece[0]}' AND id <= '{piece[1]}' AND " if piece else ""
        # Who was made meanwhile is there already, by the triggers; one made this very moment is no failure.
        op.execute(f"{made} WHERE {between}{missing} ON CONFLICT (character_id) DO NOTHING")
    if _dialect() == "postgresql":
        # What is new goes into the index at once, and not onto a list that each search would read through.
        create_index(
            GRAMS_INDEX,
            WORDS,
            [f"{GRAMS}(words)"],
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        )
    create_index(ENDING, "characters", ["substr(id, 29)"])


def downgrade() -> None:
    drop_index(ENDING, "characters")
    if _dialect() == "postgresql":
        drop_index(GRAMS_INDEX, WORDS)
    with step("what is searched"):
        _drop_triggers()
        guards.remove(WORDS)
        if _dialect() == "sqlite":
            op.execute(f"DROP TABLE IF EXISTS {FTS}")
        op.drop_table(WORDS)
        if _dialect() == "postgresql":
            op.execute(f"DROP FUNCTION IF EXISTS {GRAMS}(text)")


def _words_of(character: str) -> str:
    """The text of the character with the id that `character` says, as an expression."""
    line, tags = LINE[_dialect()], TAGS[_dialect()]
    return (
        f"((SELECT search_name || {line} || search_notes FROM characters AS own WHERE own.id = {character}) "  # noqa: S608
        f"|| coalesce((SELECT {line} || {tags} FROM character_tags WHERE character_id = {character}), ''))"
    )


def _sqlite_index() -> None:
    # The text is not in it a second time (`content`), and nobody asks how long one is (`columnsize`). It is
    # folded already, so that case counts.
    try:
        op.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {FTS} USING fts5(words, content='{WORDS}', "
            "content_rowid='number', columnsize=0, tokenize='trigram case_sensitive 1')"
        )
    except sa.exc.OperationalError as error:
        raise MigrationFailed(NO_FTS) from error


def _sqlite_triggers() -> None:
    new, old = (
        f"UPDATE {WORDS} SET words = {_words_of(f'{row}.character_id')} "  # noqa: S608
        f"WHERE character_id = {row}.character_id "
        # Not when the character went, and takes its tags along.
        f"AND EXISTS (SELECT 1 FROM characters WHERE id = {row}.character_id);"
        for row in ("NEW", "OLD")
    )
    drop, put = (
        f"INSERT INTO {FTS} ({FTS}, rowid, words) VALUES ('delete', OLD.number, OLD.words);",  # noqa: S608
        f"INSERT INTO {FTS} (rowid, words) VALUES (NEW.number, NEW.words);",  # noqa: S608
    )
    for name, when, what in (
        (
            "words_of_new",
            "INSERT ON characters",
            f"INSERT INTO {WORDS} (character_id, words) VALUES (NEW.id, {_words_of('NEW.id')});",  # noqa: S608
        ),
        (
            "words_of_changed",
            "UPDATE OF search_name, search_notes ON characters "
            "WHEN OLD.search_name <> NEW.search_name OR OLD.search_notes <> NEW.search_notes",
            f"UPDATE {WORDS} SET words = {_words_of('NEW.id')} WHERE character_id = NEW.id;",  # noqa: S608
        ),
        ("words_of_gone", "DELETE ON characters", f"DELETE FROM {WORDS} WHERE character_id = OLD.id;"),  # noqa: S608
        ("words_of_new_tag", "INSERT ON character_tags", new),
        ("words_of_changed_tag", "UPDATE ON character_tags", f"{old} {new}"),
        ("words_of_gone_tag", "DELETE ON character_tags", old),
        ("index_new_words", f"INSERT ON {WORDS}", put),
        (
            "index_changed_words",
            f"UPDATE ON {WORDS} WHEN OLD.words <> NEW.words OR OLD.number <> NEW.number",
            f"{drop} {put}",
        ),
        ("index_gone_words", f"DELETE ON {WORDS}", drop),
    ):
        op.execute(f"CREATE TRIGGER {name} AFTER {when} BEGIN {what} END")


def _postgres_triggers() -> None:
    # In the order of the id, and only where something differs: two that write wait for each other in a line.
    put = (
        f"INSERT INTO {WORDS} (character_id, words) SELECT id, {_words_of('characters.id')} "  # noqa: S608
        "FROM characters WHERE id = {0} ON CONFLICT (character_id) DO UPDATE SET words = EXCLUDED.words "
        f"WHERE {WORDS}.words <> EXCLUDED.words;"
    )
    op.execute(
        _function(
            "words_of_character",
            f"IF TG_OP = 'DELETE' THEN DELETE FROM {WORDS} WHERE character_id = OLD.id; "  # noqa: S608
            f"ELSE {put.format('NEW.id')} END IF; RETURN NULL;",
        )
    )
    op.execute(
        _function(
            "words_of_tags",
            f"IF TG_OP <> 'INSERT' THEN {put.format('OLD.character_id')} END IF; "
            f"IF TG_OP <> 'DELETE' THEN {put.format('NEW.character_id')} END IF; RETURN NULL;",
        )
    )
    for name, when in (
        ("words_of_character", "INSERT OR DELETE OR UPDATE OF search_name, search_notes ON characters"),
        ("words_of_tags", "INSERT OR DELETE OR UPDATE ON character_tags"),
    ):
        op.execute(f"CREATE TRIGGER {name} AFTER {when} FOR EACH ROW EXECUTE FUNCTION {name}()")


def _postgres_function() -> None:
    """Every piece of one, two and three characters: a search of any length finds its own."""
    pieces = (
        "SELECT coalesce(array_agg(DISTINCT substr(words, place, size)), '{}') "
        "FROM generate_series(1, length(words)) AS place, generate_series(1, 3) AS size"
    )
    op.execute(
        f"CREATE OR REPLACE FUNCTION {GRAMS}(words text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT "
        f"PARALLEL SAFE AS $$ {pieces} $$"
    )


TRIGGERS = {
    "sqlite": (
        *("words_of_new", "words_of_changed", "words_of_gone"),
        *("words_of_new_tag", "words_of_changed_tag", "words_of_gone_tag"),
        *("index_new_words", "index_changed_words", "index_gone_words"),
    ),
    "postgresql": ("words_of_character", "words_of_tags"),
}


def _drop_triggers() -> None:
    for name in TRIGGERS[_dialect()]:
        if _dialect() == "sqlite":
            op.execute(f"DROP TRIGGER IF EXISTS {name}")
        else:
            op.execute(f"DROP FUNCTION IF EXISTS {name}() CASCADE")  # with its trigger


def _function(name: str, body: str) -> str:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT "
        f"AS $$ BEGIN {body} END $$"
    )


def _dialect() -> str:
    return op.get_context().dialect.name
