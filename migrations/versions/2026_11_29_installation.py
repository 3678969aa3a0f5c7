"""The installation: who this record is, which store is its own, and what of the store is damaged."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_installation"
down_revision = "2026_11_22_the_attempts"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("bound_at", MOMENT),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("generation_id", sa.String(36)),
        sa.Column("scrubbed_to", sa.String(512), nullable=False),
        sa.CheckConstraint("slot = 1", name=op.f("ck_installation_one_row")),
        sa.CheckConstraint("generation >= 0", name=op.f("ck_installation_generation_not_negative")),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_installation")),
    )
    op.create_table(
        "damaged_objects",
        sa.Column("storage_key", sa.String(512), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.CheckConstraint("kind IN ('missing', 'altered')", name=op.f("ck_damaged_objects_kind")),
        sa.PrimaryKeyConstraint("storage_key", name=op.f("pk_damaged_objects")),
    )


def downgrade() -> None:
    op.drop_table("damaged_objects")
    op.drop_table("installation")
