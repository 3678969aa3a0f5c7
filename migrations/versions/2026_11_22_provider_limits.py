"""The traffic: what all processes share about a provider's account."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_the_traffic"
down_revision = "2026_11_22_the_record"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "provider_limits",
        sa.Column("provider", sa.String(32), nullable=False),
        sa.Column("next_free_at", MOMENT),
        sa.Column("paused_until", MOMENT),
        sa.Column("slow_per_minute", sa.Integer()),
        sa.Column("slow_until", MOMENT),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("open_until", MOMENT),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_provider_limits_failures_not_negative")),
        sa.CheckConstraint("slow_per_minute > 0", name=op.f("ck_provider_limits_slow_pace_positive")),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_provider_limits")),
    )


def downgrade() -> None:
    op.drop_table("provider_limits")
