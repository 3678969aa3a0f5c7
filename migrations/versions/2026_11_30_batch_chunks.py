"""A batch is worked on in chunks, by as many processes as there are; it can be paused."""

import sqlalchemy as sa
from alembic import op

from migrations import guards
from migrations.online import add_column, create_index, drop_index, refuse_while, step

revision = "2026_11_30_batch_chunks"
down_revision = "2026_11_30_audit"
branch_labels = None
depends_on = None

ID = sa.String(36)
MOMENT = sa.DateTime(timezone=True)
INDEX = "ix_batch_items_batch_chunk"


def upgrade() -> None:
    with step("chunks of batches"):
        op.create_table(
            "batch_chunks",
            sa.Column("id", ID, nullable=False),
            sa.Column("created_at", MOMENT, nullable=False),
            sa.Column("batch_id", ID, nullable=False),
            sa.Column("number", sa.Integer(), nullable=False),
            sa.Column("submissions", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("flow_run_id", ID),
            sa.Column("lease_owner", sa.String(64)),
            sa.Column("lease_expires_at", MOMENT),
            sa.Column("ended_at", MOMENT),
            sa.CheckConstraint("number > 0", name=op.f("ck_batch_chunks_number_positive")),
            sa.ForeignKeyConstraint(
                ["batch_id"],
                ["batches.id"],
                name=op.f("fk_batch_chunks_batch_id_batches"),
                ondelete="CASCADE",
            ),
            sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_chunks")),
            sa.UniqueConstraint("batch_id", "number", name=op.f("uq_batch_chunks_batch_id_number")),
            if_not_exists=True,
        )
        types = guards.types(
            integers="number submissions",
            texts="id batch_id flow_run_id lease_owner",
            moments="created_at lease_expires_at ended_at",
        )
        guards.install("batch_chunks", types)
        add_column("batches", sa.Column("flow_run_id", ID))
        add_column("batches", sa.Column("takeups", sa.Integer(), nullable=False, server_default="0"))
        add_column("batches", sa.Column("paused_at", MOMENT))
        types = guards.types(integers="takeups", texts="flow_run_id", moments="paused_at")
        guards.install("batches", types, "spread")
        add_column("batch_items", sa.Column("chunk", sa.Integer(), nullable=False, server_default="0"))
        add_column("batch_items", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
        add_column("batch_items", sa.Column("estimate_microusd", sa.BigInteger()))
        add_column("batch_items", sa.Column("settled_at", MOMENT))
        types = guards.types(integers="chunk attempts estimate_microusd", moments="settled_at")
        guards.install("batch_items", types, "spread")
    create_index(INDEX, "batch_items", ["batch_id", "chunk", "state"])


def downgrade() -> None:
    refuse_while(
        "batches WHERE paused_at IS NOT NULL AND state IN ('planned', 'running')",
        "{found} batches are paused: the older release would go on with them. Cancel or resume them first.",
    )
    drop_index(INDEX, "batch_items")
    for table in ("batch_items", "batches"):
        guards.remove(table, "spread")
    guards.remove("batch_chunks")
    for column in ("settled_at", "estimate_microusd", "attempts", "chunk"):
        op.drop_column("batch_items", column)
    for column in ("paused_at", "takeups", "flow_run_id"):
        op.drop_column("batches", column)
    op.drop_table("batch_chunks")
