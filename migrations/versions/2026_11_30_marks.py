"""What the marks on pictures that have left lead back to."""

import sqlalchemy as sa
from alembic import op

from migrations import guards
from migrations.online import step

revision = "2026_11_30_marks"
down_revision = "2026_11_30_erasure"
branch_labels = None
depends_on = None

TEXTS = {"picture_marks": "id asset_id"}


def upgrade() -> None:
    with step():
        op.create_table(
            "picture_marks",
            sa.Column("id", sa.String(16), nullable=False),
            sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("asset_id", sa.String(36), nullable=True),
            sa.PrimaryKeyConstraint("id", name=op.f("pk_picture_marks")),
            sa.ForeignKeyConstraint(
                ["asset_id"],
                ["generated_assets.id"],
                name=op.f("fk_picture_marks_asset_id_generated_assets"),
                ondelete="SET NULL",
            ),
            if_not_exists=True,
        )
        op.create_index("ix_picture_marks_asset_id", "picture_marks", ["asset_id"], if_not_exists=True)
    for table, texts in TEXTS.items():
        with step():
            guards.install(table, guards.types(texts=texts, moments="created_at"), "marks")


def downgrade() -> None:
    # Nothing is lost for good: a mark's id follows from the picture and the key, and is written down anew
    # when the picture leaves again.
    for table in TEXTS:
        guards.remove(table, "marks")
        op.drop_table(table)
