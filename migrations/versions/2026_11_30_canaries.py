"""Drift canaries: what the providers made of a fixed set of photos, week by week."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations import guards
from migrations.online import step

revision = "2026_11_30_canaries"
down_revision = "2026_11_30_told"
branch_labels = None
depends_on = None

CANARIES = "canaries"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with step("drift canaries"):
        op.create_table(
            CANARIES,
            sa.Column("id", sa.String(36), nullable=False),
            sa.Column("created_at", MOMENT, nullable=False),
            sa.Column("set_digest", sa.String(64), nullable=False),
            sa.Column("provider", sa.String(32), nullable=False),
            sa.Column("model", sa.String(120), nullable=False),
            sa.Column("vision_provider", sa.String(32), nullable=False),
            sa.Column("vision_model", sa.String(120), nullable=False),
            sa.Column("measures", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
            sa.Column("drifted", sa.Integer(), nullable=True),
            sa.Column("ended_at", MOMENT, nullable=True),
            sa.PrimaryKeyConstraint("id", name=op.f("pk_canaries")),
            if_not_exists=True,
        )
        op.create_index("ix_canaries_set", CANARIES, ["set_digest", "id"], if_not_exists=True)
    with step():
        texts = "id set_digest provider model vision_provider vision_model"
        rules = guards.types(integers="drifted", texts=texts, moments="created_at ended_at")
        guards.install(CANARIES, [*rules, *guards.documents(arrays="measures")], "canaries")


def downgrade() -> None:
    guards.remove(CANARIES, "canaries")
    op.drop_table(CANARIES)
