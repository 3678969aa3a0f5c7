"""Accounts with their roles, sessions, and the tries to sign in."""

import sqlalchemy as sa
from alembic import op

from migrations import guards
from migrations.online import refuse_while, step

revision = "2026_11_30_who_is_who"
down_revision = "2026_11_30_batch_chunks"
branch_labels = None
depends_on = None

ID = sa.String(36)
MOMENT = sa.DateTime(timezone=True)
ROLES = "role IN ('operator', 'reviewer', 'auditor', 'administrator')"
TABLES = {
    "accounts": guards.types(
        texts="user_id role password_hash", moments="created_at password_changed_at disabled_at"
    ),
    "studio_sessions": guards.types(
        texts="id user_id token_sha256 address agent", moments="created_at began last_seen"
    ),
    "sign_in_limits": guards.types(integers="failures", texts="subject", moments="since"),
}


def upgrade() -> None:
    with step("accounts and sessions"):
        _make_tables()
    for table, rules in TABLES.items():
        with step():
            guards.install(table, rules)


def downgrade() -> None:
    refuse_while(
        "accounts WHERE role <> ''",
        "{found} people have accounts: the older release has no sign-in, and would let everybody in. Remove "
        "them with `storykin user remove` first, and let the studio listen on this machine only.",
    )
    for table in reversed(TABLES):
        guards.remove(table)
        op.drop_table(table)


def _make_tables() -> None:
    op.create_table(
        "accounts",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("password_hash", sa.String(255)),
        sa.Column("password_changed_at", MOMENT),
        sa.Column("disabled_at", MOMENT),
        sa.CheckConstraint(ROLES, name=op.f("ck_accounts_role")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_accounts_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_accounts")),
        if_not_exists=True,
    )
    op.create_table(
        "studio_sessions",
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("began", MOMENT, nullable=False),
        sa.Column("last_seen", MOMENT, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["accounts.user_id"],
            name=op.f("fk_studio_sessions_user_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_studio_sessions")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_studio_sessions_token_sha256")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_studio_sessions_user_id"), "studio_sessions", ["user_id"], if_not_exists=True)
    op.create_table(
        "sign_in_limits",
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_sign_in_limits")),
        if_not_exists=True,
    )
