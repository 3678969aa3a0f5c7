"""Characters are counted by what the list filters them by as well, so that its counts read none of them."""

import sqlalchemy as sa
from alembic import op

from migrations import guards
from migrations.online import add_column, create_index, drop_index, step

revision = "2026_11_30_facet_counts"
down_revision = "2026_11_30_retention"
branch_labels = None
depends_on = None

CHARACTERS, COUNTS = "characters", "character_counts"
OF = "ix_character_counts_of"
NAMES = ("count_character_made", "count_character_moved", "count_character_gone")


def upgrade() -> None:
    with step("characters by what the list filters by"):
        add_column(COUNTS, sa.Column("facets", sa.Text(), nullable=False, server_default=""))
        guards.install(COUNTS, guards.types(texts="facets"), "facets")
    create_index(OF, COUNTS, ["status", "facets"])
    with step("the characters, counted"):  # who writes a character waits for this step
        _count_by(("status", "facets"))


def downgrade() -> None:
    with step("characters by status alone"):
        _count_by(("status",))
    drop_index(OF, COUNTS)
    with step("characters by what the list filters by"):
        guards.remove(COUNTS, "facets")
        op.drop_column(COUNTS, "facets")


def _count_by(key: tuple[str, ...]) -> None:
    """Count all of them anew by `key`, and let the triggers count by it from now on."""
    _drop_triggers()
    if _dialect() == "postgresql":
        op.execute(f"LOCK TABLE {CHARACTERS} IN SHARE ROW EXCLUSIVE MODE")
    columns = ", ".join(key)
    op.execute(f"DELETE FROM {COUNTS}")  # noqa: S608
    op.execute(
        f"INSERT INTO {COUNTS} ({columns}, characters) "  # noqa: S608
        f"SELECT {columns}, count(*) FROM {CHARACTERS} GROUP BY {columns}"
    )
    moved = " OR ".join(f"OLD.{name} <> NEW.{name}" for name in key)
    if _dialect() == "postgresql":
        _count_on_postgres(key, moved)
    else:
        _count_on_sqlite(key, moved)


def _count_on_postgres(key: tuple[str, ...], is_moved: str) -> None:
    """A row a change, which waits for nobody's; housekeeping adds them up."""
    columns = ", ".join(key)
    old, new = (", ".join(f"{row}.{name}" for name in key) for row in ("OLD", "NEW"))
    add = f"INSERT INTO {COUNTS} ({columns}, characters)"
    made, moved, gone = NAMES
    bodies = {
        made: f"{add} SELECT {columns}, count(*) FROM some_rows GROUP BY {columns};",  # noqa: S608
        moved: f"{add} VALUES ({old}, -1), ({new}, 1);",
        gone: f"{add} SELECT {columns}, -count(*) FROM some_rows GROUP BY {columns};",  # noqa: S608
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
        f"CREATE TRIGGER {moved} AFTER UPDATE OF {columns} ON {CHARACTERS} FOR EACH ROW "
        f"WHEN ({is_moved}) EXECUTE FUNCTION {moved}()"
    )


def _count_on_sqlite(key: tuple[str, ...], is_moved: str) -> None:
    """One writer at a time: one row is enough."""
    made, moved, gone = NAMES
    taken, given = _one(key, "OLD", "-"), _one(key, "NEW", "+")
    op.execute(f"CREATE TRIGGER {made} AFTER INSERT ON {CHARACTERS} BEGIN {given} END")
    op.execute(
        f"CREATE TRIGGER {moved} AFTER UPDATE OF {', '.join(key)} ON {CHARACTERS} WHEN {is_moved} "
        f"BEGIN {taken} {given} END"
    )
    op.execute(f"CREATE TRIGGER {gone} AFTER DELETE ON {CHARACTERS} BEGIN {taken} END")


def _one(key: tuple[str, ...], row: str, sign: str) -> str:
    here = " AND ".join(f"{name} = {row}.{name}" for name in key)
    values = ", ".join(f"{row}.{name}" for name in key)
    return (
        f"INSERT INTO {COUNTS} ({', '.join(key)}, characters) SELECT {values}, 0 "  # noqa: S608
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
