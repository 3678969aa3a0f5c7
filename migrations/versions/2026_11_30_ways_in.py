"""Tokens of programs, and links by which support looks at one timeline."""

import sqlalchemy as sa
from alembic import op

from migrations.guards import CHANGED, Guard, changed, install, remove, types
from migrations.online import refuse_while, step

revision = "2026_11_30_ways_in"
down_revision = "2026_11_30_who_is_who"
branch_labels = None
depends_on = None

ID = sa.String(36)
MOMENT = sa.DateTime(timezone=True)
ROLES = "role IN ('operator', 'reviewer', 'auditor', 'administrator')"
GUARDS = {
    "api_tokens": [
        Guard(
            "a token stays what it was made as",
            changed("id", "user_id", "role", "token_sha256", "expires_at"),
            CHANGED,
        ),
        Guard(
            "a token that is revoked stays so",
            f"OLD.revoked_at IS NOT NULL AND {changed('revoked_at')}",
            CHANGED,
        ),
        *types(
            texts="id user_id name role token_sha256", moments="created_at expires_at last_used_at revoked_at"
        ),
    ],
    "support_links": [
        Guard(
            "a link stays what it was made as",
            changed("id", "character_id", "token_sha256", "expires_at"),
            CHANGED,
        ),
        Guard(
            "a link that is withdrawn stays so",
            f"OLD.withdrawn_at IS NOT NULL AND {changed('withdrawn_at')}",
            CHANGED,
        ),
        *types(
            texts="id character_id token_sha256 made_by",
            moments="created_at expires_at withdrawn_at last_used_at",
        ),
    ],
}


def upgrade() -> None:
    with step("tokens and support links"):
        _make_tables()
    for table, guards in GUARDS.items():
        with step():
            install(table, guards)


def downgrade() -> None:
    refuse_while(
        "api_tokens WHERE revoked_at IS NULL",
        "{found} tokens of programs are not revoked: the older release would lose them. Revoke them with "
        "`storykin token revoke` first.",
    )
    for table in reversed(GUARDS):
        remove(table)
        op.drop_table(table)


def _make_tables() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
        sa.CheckConstraint(ROLES, name=op.f("ck_api_tokens_role")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["accounts.user_id"], name=op.f("fk_api_tokens_user_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_api_tokens_token_sha256")),
        if_not_exists=True,
    )
    op.create_table(
        "support_links",
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("character_id", ID, nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("made_by", ID),
        sa.Column("withdrawn_at", MOMENT),
        sa.Column("last_used_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["character_id"],
            ["characters.id"],
            name=op.f("fk_support_links_character_id_characters"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["users.id"], name=op.f("fk_support_links_made_by_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_links")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_support_links_token_sha256")),
        if_not_exists=True,
    )
    for table, column in (("api_tokens", "user_id"), ("support_links", "character_id")):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], if_not_exists=True)
