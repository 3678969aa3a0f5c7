"""A batch is held by the process that works on it, so that others see when that one is gone."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_batch_leases"
down_revision = "2026_11_29_clocks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("batches", sa.Column("lease_owner", sa.String(64)))
    op.add_column("batches", sa.Column("lease_expires_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("batches", "lease_expires_at")
    op.drop_column("batches", "lease_owner")
