"""The clocks: who may still have a request in its hands and until when, and what the books did not show."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.online import add_column, create_index, drop_index, step

revision = "2026_11_29_clocks"
down_revision = "2026_11_29_ordered_styles"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "sent_by": sa.String(64),
    "answer_due_at": MOMENT,
    "absent_since": MOMENT,
    "absent_told_at": MOMENT,
    "attempt_of": sa.String(36),
}


def upgrade() -> None:
    with step("clocks"):
        op.create_table(
            "clock_anchors",
            sa.Column("boot_id", sa.String(64), primary_key=True),
            sa.Column("booted_at", MOMENT, nullable=False),
            if_not_exists=True,
        )
        for name, kind in COLUMNS.items():
            add_column("provider_calls", sa.Column(name, kind))
    create_index(op.f("ix_provider_calls_attempt_of"), "provider_calls", ["attempt_of"])


def downgrade() -> None:
    drop_index(op.f("ix_provider_calls_attempt_of"), "provider_calls")
    for name in reversed(COLUMNS):
        op.drop_column("provider_calls", name)
    op.drop_table("clock_anchors")
