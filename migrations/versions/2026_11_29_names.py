"""Names: 120 characters as a person counts them, in any script, and a search that folds what a person would.

No table is rebuilt: on SQLite only the text of the rule changes (a column's length binds nothing there).
"""

import sqlalchemy as sa
from alembic import op

# What is searched is made of the name. Whatever folding this code has is the right one for its rows.
from db.names import searchable
from migrations.online import add_check, pieces_of, step

revision = "2026_11_29_names"
down_revision = "2026_11_29_installation"
branch_labels = None
depends_on = None

OLD, NEW = 120, 1200

characters = sa.table(
    "characters",
    sa.column("id", sa.String),
    sa.column("name", sa.String),
    sa.column("search_name", sa.String),
)
SCHEMA = sa.table("sqlite_master", sa.column("type"), sa.column("name"), sa.column("sql", sa.String))


def upgrade() -> None:
    with step("names may be longer"):
        _bound(OLD, NEW)
    for piece in pieces_of("characters", "names are folded again"):
        if piece is not None:  # what is printed can't fold
            _fold_again(*piece)


def downgrade() -> None:
    name = characters.c.name
    op.execute(
        characters.update().values(name=sa.func.substr(name, 1, OLD)).where(sa.func.length(name) > OLD)
    )
    _bound(NEW, OLD)


def _bound(before: int, after: int) -> None:
    if op.get_context().dialect.name == "sqlite":
        op.execute("PRAGMA writable_schema = ON")
        for rule in ("name VARCHAR({})", "length(name) BETWEEN 1 AND {}"):
            changed = sa.func.replace(SCHEMA.c.sql, rule.format(before), rule.format(after))
            op.execute(
                SCHEMA.update()
                .values(sql=changed)
                .where(SCHEMA.c.type == "table", SCHEMA.c.name == "characters")
            )
        op.execute("PRAGMA writable_schema = RESET")
        return
    op.execute("ALTER TABLE characters DROP CONSTRAINT IF EXISTS ck_characters_name_length")
    op.execute(f"ALTER TABLE characters ALTER COLUMN name TYPE VARCHAR({after})")
    add_check("characters", "ck_characters_name_length", f"length(name) BETWEEN 1 AND {after}")


def _fold_again(after: str, last: str) -> None:
    name, search_name = characters.c.name, characters.c.search_name
    here = sa.and_(characters.c.id > after, characters.c.id <= last)
    rows = op.get_bind().execute(sa.select(characters.c.id, name, search_name).where(here)).all()
    folded = [(row, searchable(row.name)[:240]) for row in rows]
    # One that is given another name meanwhile has been folded with it.
    changed = characters.update().where(characters.c.id == sa.bindparam("at"), name == sa.bindparam("was"))
    values = [
        {"at": row.id, "was": row.name, "search_name": word}
        for row, word in folded
        if word != row.search_name
    ]
    if values:
        op.get_bind().execute(changed, values)
