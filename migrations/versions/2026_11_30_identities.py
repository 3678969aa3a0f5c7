"""Who people are at a sign-in service, links that set a password, and the audit log by person and day."""

import sqlalchemy as sa
from alembic import op

from migrations.guards import CHANGED, Guard, changed, install, remove, types
from migrations.online import create_index, drop_index, refuse_while, step

revision = "2026_11_30_identities"
down_revision = "2026_11_30_second_factor"
branch_labels = None
depends_on = None

ID = sa.String(36)
MOMENT = sa.DateTime(timezone=True)
GUARDS = {
    "identities": [
        Guard("who somebody is elsewhere stays so", changed("id", "user_id", "issuer", "subject"), CHANGED),
        *types(texts="id user_id issuer subject", moments="created_at last_used_at"),
    ],
    "password_links": [
        Guard("a link stays what it was made as", changed("user_id", "token_sha256", "expires_at"), CHANGED),
        *types(texts="user_id token_sha256 made_by", moments="created_at expires_at"),
    ],
}
INDEXES = {"ix_audit_entries_who_sequence": ["who", "sequence"], "ix_audit_entries_at": ["at"]}


def upgrade() -> None:
    with step("identities and links that set a password"):
        _make_tables()
    for table, guards in GUARDS.items():
        with step():
            install(table, guards)
    for name, columns in INDEXES.items():
        create_index(op.f(name), "audit_entries", columns)


def downgrade() -> None:
    refuse_while(
        "identities",
        "{found} people are known to a sign-in service: the older release would not know them. Take that "
        "away with `storykin user unlink EMAIL` first.",
    )
    for name in reversed(INDEXES):
        drop_index(op.f(name), "audit_entries")
    for table in reversed(GUARDS):
        remove(table)
        op.drop_table(table)


def _make_tables() -> None:
    op.create_table(
        "identities",
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("issuer", sa.String(500), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("last_used_at", MOMENT),
        _to_account("identities"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_identities_issuer_subject")),
        sa.UniqueConstraint("user_id", "issuer", name=op.f("uq_identities_user_id_issuer")),
        if_not_exists=True,
    )
    op.create_table(
        "password_links",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("made_by", ID),
        _to_account("password_links"),
        sa.ForeignKeyConstraint(
            ["made_by"], ["users.id"], name=op.f("fk_password_links_made_by_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_password_links")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_password_links_token_sha256")),
        if_not_exists=True,
    )


def _to_account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["accounts.user_id"], name=op.f(f"fk_{table}_user_id_accounts"), ondelete="CASCADE"
    )
