"""Notices: what people are told of without asking, and how far each got on each way out.

The way back deletes them, also those on their way: what they tell of stands in the timeline and on the pages.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations import guards
from migrations.guards import CHANGED, Guard, changed
from migrations.online import step

revision = "2026_11_30_told"
down_revision = "2026_11_30_search"
branch_labels = None
depends_on = None

ID = sa.String(36)
MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
MOVES = {"waiting": ("delivered", "dead"), "dead": ("waiting",)}  # what is delivered stays so
GUARDS = {
    "notices": [
        Guard(
            "a notice stays what it was written as",
            changed("id", "kind", "once", "character_id", "batch_id", "created_at"),
            CHANGED,
        ),
        *guards.documents(objects="data"),
        *guards.types(
            texts="id kind once character_id batch_id", moments="created_at spread_at dismissed_at"
        ),
    ],
    "notice_deliveries": [
        Guard("a delivery goes on from where it is", guards.not_a_move("state", MOVES), CHANGED),
        *guards.types(
            integers="attempts",
            texts="id notice_id channel state error",
            moments="created_at next_at ended_at",
        ),
    ],
}


def upgrade() -> None:
    with step("notices"):
        _make_tables()
    for table, rules in GUARDS.items():
        with step():
            guards.install(table, rules)


def downgrade() -> None:
    for table in reversed(GUARDS):
        guards.remove(table)
        op.drop_table(table)


def _make_tables() -> None:
    op.create_table(
        "notices",
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("kind", sa.String(48), nullable=False),
        sa.Column("once", sa.String(200), nullable=False),
        sa.Column("character_id", ID),
        sa.Column("batch_id", ID),
        sa.Column("data", DOCUMENT, nullable=False),
        sa.Column("spread_at", MOMENT),
        sa.Column("dismissed_at", MOMENT),
        *(
            sa.ForeignKeyConstraint(
                [f"{name}_id"],
                [f"{table}.id"],
                name=op.f(f"fk_notices_{name}_id_{table}"),
                ondelete="CASCADE",
            )
            for name, table in (("character", "characters"), ("batch", "batches"))
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("once", name=op.f("uq_notices_once")),
        if_not_exists=True,
    )
    op.create_table(
        "notice_deliveries",
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("notice_id", ID, nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("error", sa.String(200)),
        sa.Column("ended_at", MOMENT),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'dead')", name=op.f("ck_notice_deliveries_delivery_state")
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["notices.id"],
            name=op.f("fk_notice_deliveries_notice_id_notices"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_deliveries")),
        sa.UniqueConstraint("notice_id", "channel", name=op.f("uq_notice_deliveries_notice_id_channel")),
        if_not_exists=True,
    )
    for table, columns in (
        ("notices", ["character_id"]),
        ("notices", ["batch_id"]),
        ("notices", ["spread_at"]),
        ("notice_deliveries", ["state", "next_at"]),
    ):
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns, if_not_exists=True)
