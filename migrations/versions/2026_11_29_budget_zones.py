"""In which time zones' days the budget was weighed. Until now that was UTC, whose day still counts."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_budget_zones"
down_revision = "2026_11_29_batch_leases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    zones = op.create_table(
        "budget_zones",
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("zone", name=op.f("pk_budget_zones")),
    )
    op.execute(zones.insert().values(zone="UTC", used_at=sa.func.current_timestamp()))


def downgrade() -> None:
    op.drop_table("budget_zones")
