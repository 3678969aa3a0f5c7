"""Names: 120 characters as a person counts them, in any script, and a search that folds what a person would.

No table is rebuilt: on SQLite only the text of the rule changes (a column's length binds nothing there).
"""

import sqlalchemy as sa
from alembic import op

# What is searched is made of the name. Whatever folding this code has is the right one for its rows.
from db.names import searchable

revision = "2026_11_29_names"
down_revision = "2026_11_29_installation"
branch_labels = None
depends_on = None

OLD, NEW = 120, 1200
AT_ONCE = 1000

characters = sa.table(
    "characters",
    sa.column("id", sa.String),
    sa.column("name", sa.String),
    sa.column("search_name", sa.String),
)
SCHEMA = sa.table("sqlite_master", sa.column("type"), sa.column("name"), sa.column("sql", sa.String))


def upgrade() -> None:
    _bound(OLD, NEW)
    if not op.get_context().as_sql:
        _fold_again()


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
    op.execute("ALTER TABLE characters DROP CONSTRAINT ck_characters_name_length")
    op.execute(f"ALTER TABLE characters ALTER COLUMN name TYPE VARCHAR({after})")
    op.execute(
        "ALTER TABLE characters ADD CONSTRAINT ck_characters_name_length"
        f" CHECK (length(name) BETWEEN 1 AND {after}) NOT VALID"
    )
    op.execute("ALTER TABLE characters VALIDATE CONSTRAINT ck_characters_name_length")


def _fold_again() -> None:
    bind = op.get_bind()
    last = ""
    changed = characters.update().where(characters.c.id == sa.bindparam("at"))
    page = sa.select(characters.c.id, characters.c.name, characters.c.search_name).order_by(characters.c.id)
    while rows := bind.execute(page.where(characters.c.id > last).limit(AT_ONCE)).all():
        last = rows[-1].id
        folded = [(row, searchable(row.name)[:240]) for row in rows]
        if values := [{"at": row.id, "search_name": word} for row, word in folded if word != row.search_name]:
            bind.execute(changed, values)
