"""Any provider may be the source of a profile, not only those of the first release."""

import sqlalchemy as sa
from alembic import op

from db.errors import MigrationFailed
from migrations.online import add_check, reading_rows, refuse_while, step

revision = "2026_11_29_profile_sources"
down_revision = "2026_11_29_guards"
branch_labels = None
depends_on = None

TABLE, NAME = "character_profiles", "ck_character_profiles_source"
RULE = "source IN ('openai', 'local', 'human')"
AS_WRITTEN = f"CONSTRAINT {NAME} CHECK ({RULE}), "
BEFORE = "CONSTRAINT ck_character_profiles_version_positive "  # the rule that stands after it


def upgrade() -> None:
    if _is_sqlite():
        _rewrite(AS_WRITTEN, "")
        return
    with step("profiles by any provider"):
        op.execute(f"ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {NAME}")


def downgrade() -> None:
    # The release before can't read a profile by a provider that it does not know.
    refuse_while(
        f"{TABLE} WHERE NOT ({RULE})",
        "{found} profiles are by providers that the older release does not know: it can't read them.",
    )
    if _is_sqlite():
        _rewrite(BEFORE, AS_WRITTEN + BEFORE)
        return
    add_check(TABLE, NAME, RULE)


def _rewrite(old: str, new: str) -> None:
    """Change the table's rules on SQLite without copying it, as SQLite's documentation has it for rules that
    say nothing of how rows are stored (https://www.sqlite.org/lang_altertable.html#otheralter). Making and
    dropping a table lets every other connection see that the schema is another.
    """
    quoted = [part.replace("'", "''") for part in (old, new)]
    with step():
        op.execute("PRAGMA writable_schema = ON")
        op.execute(
            f"UPDATE sqlite_master SET sql = replace(sql, '{quoted[0]}', '{quoted[1]}') "  # noqa: S608
            f"WHERE type = 'table' AND name = '{TABLE}'"
        )
        op.execute("PRAGMA writable_schema = RESET")
        op.execute("CREATE TABLE schema_has_changed (id INTEGER)")
        op.execute("DROP TABLE schema_has_changed")
    with reading_rows() as connection:
        if connection is not None:
            read = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")
            if (NAME in str(connection.scalar(read, {"name": TABLE}))) is not (NAME in new):
                raise MigrationFailed(f"The rules of {TABLE} are not as Storykin has written them.")


def _is_sqlite() -> bool:
    return op.get_context().dialect.name == "sqlite"
