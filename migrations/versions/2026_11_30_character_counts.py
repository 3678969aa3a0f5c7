"""How many characters there are in each status, kept by triggers: a page and /metrics count none of them."""

import sqlalchemy as sa
from alembic import op

from migrations import guards
from migrations.online import create_index, drop_index, step

revision = "2026_11_30_character_counts"
down_revision = "2026_11_30_spending"
branch_labels = None
depends_on = None

CHARACTERS, COUNTS = "characters", "character_counts"
QUEUED = "ix_characters_queued"
NAMES = ("count_character_made", "count_character_moved", "count_character_gone")


def upgrade() -> None:
    with step("characters by status"):
        number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
        op.create_table(
            COUNTS,
            sa.Column("number", number, sa.Identity(), primary_key=True, nullable=False),
            sa.Column("status", sa.String(32), nullable=False),
            sa.Column("characters", sa.BigInteger(), nullable=False),
            if_not_exists=True,
        )
        guards.install(COUNTS, guards.types(integers="characters", texts="status"))
    with step("the characters, counted"):  # who writes a character waits for this step
        _drop_triggers()
        if _dialect() == "postgresql":
            op.execute(f"LOCK TABLE {CHARACTERS} IN SHARE ROW EXCLUSIVE MODE")
        op.execute(f"DELETE FROM {COUNTS}")  # noqa: S608
        op.execute(
            f"INSERT INTO {COUNTS} (status, characters) "  # noqa: S608
            f"SELECT status, count(*) FROM {CHARACTERS} GROUP BY status"
        )
        if _dialect() == "postgresql":
            _count_on_postgres()
        else:
            _count_on_sqlite()
    create_index(QUEUED, CHARACTERS, ["status_at"], where="status = 'queued'")


def downgrade() -> None:
    drop_index(QUEUED, CHARACTERS)
    with step("characters by status"):
        _drop_triggers()
        guards.remove(COUNTS)
        op.drop_table(COUNTS)


def _count_on_postgres() -> None:
    """A row a change, which waits for nobody's: for a row a status every run would queue. Housekeeping adds
    them up (`fold` in `db.repositories.character_counts`).
    """
    add = f"INSERT INTO {COUNTS} (status, characters)"
    made, moved, gone = NAMES
    bodies = {
        made: f"{add} SELECT status, count(*) FROM some_rows GROUP BY status;",  # noqa: S608
        moved: f"{add} VALUES (OLD.status, -1), (NEW.status, 1);",
        gone: f"{add} SELECT status, -count(*) FROM some_rows GROUP BY status;",  # noqa: S608
    }
    for name, body in bodies.items():
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT "
            f"AS $$ BEGIN {body} RETURN NULL; END $$"
        )
    for name, event, table in ((made, "INSERT", "NEW"), (gone, "DELETE", "OLD")):
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON {CHARACTERS} REFERENCING {table} TABLE AS some_rows "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
    op.execute(
        f"CREATE TRIGGER {moved} AFTER UPDATE OF status ON {CHARACTERS} FOR EACH ROW "
        f"WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION {moved}()"
    )


def _count_on_sqlite() -> None:
    """One writer at a time: a row a status."""
    made, moved, gone = NAMES
    taken, given = _one("OLD", "-"), _one("NEW", "+")
    op.execute(f"CREATE TRIGGER {made} AFTER INSERT ON {CHARACTERS} BEGIN {given} END")
    op.execute(
        f"CREATE TRIGGER {moved} AFTER UPDATE OF status ON {CHARACTERS} WHEN OLD.status <> NEW.status "
        f"BEGIN {taken} {given} END"
    )
    op.execute(f"CREATE TRIGGER {gone} AFTER DELETE ON {CHARACTERS} BEGIN {taken} END")


def _one(row: str, sign: str) -> str:
    here = f"status = {row}.status"
    return (
        f"INSERT INTO {COUNTS} (status, characters) SELECT {row}.status, 0 "  # noqa: S608
        f"WHERE NOT EXISTS (SELECT 1 FROM {COUNTS} WHERE {here}); "
        f"UPDATE {COUNTS} SET characters = characters {sign} 1 "
        f"WHERE number = (SELECT min(number) FROM {COUNTS} WHERE {here});"
    )


def _drop_triggers() -> None:
    for name in NAMES:
        if _dialect() == "sqlite":
            op.execute(f"DROP TRIGGER IF EXISTS {name}")
            continue
        op.execute(f"DROP TRIGGER IF EXISTS {name} ON {CHARACTERS}")
        op.execute(f"DROP FUNCTION IF EXISTS {name}()")


def _dialect() -> str:
    return op.get_context().dialect.name
