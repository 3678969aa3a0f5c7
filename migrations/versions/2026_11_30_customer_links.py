"""Links that customers answer by; and who was ready may need attention, as when one asks for a change."""

from dataclasses import replace
from importlib import import_module

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.guards import CHANGED, Guard, changed, documents, install, not_a_move, remove, types
from migrations.online import refuse_while, step

revision = "2026_11_30_customer_links"
down_revision = "2026_11_30_erased_prompts"
branch_labels = None
depends_on = None

TABLE = "customer_links"
ID = sa.String(36)
MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
ANSWER = ["answer", "answered_at", "image_id", "reason", "note"]

GUARDS = [
    Guard(
        "a link stays what it was made as",
        changed("id", "character_id", "purpose", "token_hash", "image_ids", "asks", "expires_at"),
        CHANGED,
    ),
    Guard(
        "the answer of a customer stays as it was given",
        f"OLD.answer IS NOT NULL AND {changed(*ANSWER)}",
        CHANGED,
    ),
    Guard("a link that has ended stays so", f"OLD.ended IS NOT NULL AND {changed('ended')}", CHANGED),
    Guard(
        "an ended link takes no answer",
        "OLD.ended IS NOT NULL AND OLD.answer IS NULL AND NEW.answer IS NOT NULL",
        CHANGED,
    ),
    *documents(arrays="image_ids", objects="asks"),
    *types(
        integers="changes_left",
        texts="id character_id purpose token_hash made_by answer image_id reason note ended",
        moments="created_at expires_at opened_at answered_at",
    ),
]
BEFORE = import_module("migrations.versions.2026_11_29_guards")
MOVES = BEFORE.STATUS_MOVES | {"ready": ("queued", "needs_attention", "erased")}
STEPS = "a character takes legal steps only, and none once erased"
CHARACTERS = [
    replace(guard, broken=not_a_move("status", MOVES)) if guard.sentence == STEPS else guard
    for guard in BEFORE.CHARACTERS
]


def upgrade() -> None:
    with step("links for customers"):
        op.create_table(
            TABLE,
            sa.Column("id", ID, nullable=False),
            sa.Column("created_at", MOMENT, nullable=False),
            sa.Column("character_id", ID, nullable=False),
            sa.Column("purpose", sa.String(32), nullable=False),
            sa.Column("token_hash", sa.String(64), nullable=False),
            sa.Column("image_ids", DOCUMENT, nullable=False),
            sa.Column("asks", DOCUMENT, nullable=False),
            sa.Column("changes_left", sa.Integer(), nullable=False),
            sa.Column("expires_at", MOMENT, nullable=False),
            sa.Column("made_by", ID),
            sa.Column("opened_at", MOMENT),
            sa.Column("answer", sa.String(32)),
            sa.Column("answered_at", MOMENT),
            sa.Column("image_id", ID),
            sa.Column("reason", sa.String(32)),
            sa.Column("note", sa.Text(), nullable=False),
            sa.Column("ended", sa.String(32)),
            sa.CheckConstraint("purpose IN ('proof', 'consent')", name=op.f("ck_customer_links_purpose")),
            sa.CheckConstraint(
                "answer IN ('approved', 'change', 'consented', 'refused')",
                name=op.f("ck_customer_links_answer"),
            ),
            sa.CheckConstraint("ended IN ('withdrawn', 'renewed')", name=op.f("ck_customer_links_ended")),
            sa.CheckConstraint("changes_left >= 0", name=op.f("ck_customer_links_changes_not_negative")),
            sa.CheckConstraint(
                "(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_customer_links_answered_when")
            ),
            sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_links")),
            sa.UniqueConstraint("token_hash", name=op.f("uq_customer_links_token_hash")),
            sa.ForeignKeyConstraint(
                ["character_id"],
                ["characters.id"],
                name=op.f("fk_customer_links_character_id_characters"),
                ondelete="CASCADE",
            ),
            sa.ForeignKeyConstraint(
                ["made_by"],
                ["users.id"],
                name=op.f("fk_customer_links_made_by_users"),
                ondelete="SET NULL",
            ),
            if_not_exists=True,
        )
        op.create_index("ix_customer_links_character_id", TABLE, ["character_id"], if_not_exists=True)
        op.create_index(
            "uq_customer_links_open",
            TABLE,
            ["character_id", "purpose"],
            unique=True,
            if_not_exists=True,
            sqlite_where=sa.text("answer IS NULL AND ended IS NULL"),
            postgresql_where=sa.text("answer IS NULL AND ended IS NULL"),
        )
    with step():
        install(TABLE, GUARDS)
    with step("steps of a character"):
        install("characters", CHARACTERS)


def downgrade() -> None:
    refuse_while(
        f"{TABLE} WHERE answer IS NOT NULL",
        "{found} customers have answered: the older release would lose what they said. Bring back a backup "
        "instead.",
    )
    refuse_while(
        f"{TABLE} WHERE answer IS NULL AND ended IS NULL",
        "{found} customers hold a link that the older release does not know. Withdraw these links first.",
    )
    install("characters", BEFORE.CHARACTERS)
    remove(TABLE)
    op.drop_table(TABLE)
