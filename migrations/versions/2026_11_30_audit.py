"""The audit log: a chain of entries that the database itself lets nobody change or take away."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.guards import CHANGED, DELETED, Guard, documents, install, remove, types
from migrations.online import refuse_while, step

revision = "2026_11_30_audit"
down_revision = "2026_11_30_customer_links"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
ENTRIES, HEADS = "audit_entries", "audit_heads"

GUARDS = {
    ENTRIES: [
        Guard("an entry of the audit log never changes", "1 = 1", CHANGED),
        Guard("an entry of the audit log stays", "1 = 1", DELETED),
        *documents(objects="data"),
        *types(integers="sequence", texts="who act what previous digest key_id seal", moments="at"),
    ],
    HEADS: [
        Guard("the audit log only grows", "NEW.sequence <= OLD.sequence", CHANGED),
        Guard("the audit log keeps its head", "1 = 1", DELETED),
        *types(integers="slot sequence", texts="digest"),
    ],
}


def upgrade() -> None:
    with step("audit log"):
        op.create_table(
            ENTRIES,
            sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("who", sa.String(128), nullable=False),
            sa.Column("act", sa.String(48), nullable=False),
            sa.Column("what", sa.String(64)),
            sa.Column("data", DOCUMENT, nullable=False),
            sa.Column("previous", sa.String(64), nullable=False),
            sa.Column("digest", sa.String(64), nullable=False),
            sa.Column("key_id", sa.String(16), nullable=False),
            sa.Column("seal", sa.String(64), nullable=False),
            sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_entries")),
            sa.CheckConstraint("sequence >= 1", name=op.f("ck_audit_entries_sequence_from_one")),
            if_not_exists=True,
        )
        op.create_table(
            HEADS,
            sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("sequence", sa.BigInteger(), nullable=False),
            sa.Column("digest", sa.String(64), nullable=False),
            sa.PrimaryKeyConstraint("slot", name=op.f("pk_audit_heads")),
            sa.CheckConstraint("slot = 1", name=op.f("ck_audit_heads_one_row")),
            if_not_exists=True,
        )
        op.create_index(
            op.f("ix_audit_entries_what_sequence"), ENTRIES, ["what", "sequence"], if_not_exists=True
        )
    for table, guards in GUARDS.items():
        with step():
            install(table, guards)
            _keep_from_emptying(table)


def downgrade() -> None:
    refuse_while(
        ENTRIES,
        "{found} entries of the audit log are on record: the older release would lose them. Bring back a "
        "backup instead.",
    )
    for table in GUARDS:
        remove(table)
        op.drop_table(table)


def _keep_from_emptying(table: str) -> None:
    """TRUNCATE, which SQLite does not know, passes by every guard of rows."""
    if op.get_context().dialect.name == "sqlite":
        return
    op.execute(f"DROP TRIGGER IF EXISTS kept_whole ON {table}")
    op.execute(
        f"CREATE TRIGGER kept_whole BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION kept_whole()"
    )
