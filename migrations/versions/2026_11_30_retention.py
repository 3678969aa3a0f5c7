"""What grows has an end: the steps of runs may be forgotten, and a call is left to a person one day."""

import sqlalchemy as sa
from alembic import op

from migrations import guards
from migrations.guards import words
from migrations.online import add_column, create_index, drop_index, step

revision = "2026_11_30_retention"
down_revision = "2026_11_30_canaries"
branch_labels = None
depends_on = None

CALLS = "provider_calls"
STEPS = "ix_events_steps"
OF_STEPS = f"kind IN ({words(('step.started', 'step.finished', 'step.failed', 'step.skipped'))})"
STILL_THERE = (  # as of the first release: an event goes with what it is about, and not before
    "(EXISTS (SELECT 1 FROM characters WHERE id = OLD.character_id AND status <> 'erased') "
    "OR (OLD.character_id IS NULL AND EXISTS (SELECT 1 FROM batches WHERE id = OLD.batch_id)))"
)


def upgrade() -> None:
    with step("calls left to a person"):
        add_column(CALLS, sa.Column("given_up_at", sa.DateTime(timezone=True)))
        guards.install(CALLS, guards.types(moments="given_up_at"), "evidence")
    with step("steps that may be forgotten"):
        _keep_events(f"{STILL_THERE} AND NOT OLD.{OF_STEPS}")
    create_index(STEPS, "events", ["id"], where=OF_STEPS)


def downgrade() -> None:
    drop_index(STEPS, "events")
    with step("steps that may be forgotten"):
        _keep_events(STILL_THERE)
    with step("calls left to a person"):
        guards.remove(CALLS, "evidence")
        op.drop_column(CALLS, "given_up_at")


def _keep_events(those: str) -> None:
    """Let the guard of the first release refuse to delete `those`."""
    if op.get_context().dialect.name == "sqlite":
        op.execute("DROP TRIGGER IF EXISTS events_kept")
        op.execute(
            f"CREATE TRIGGER events_kept BEFORE DELETE ON events WHEN {those} "
            "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
        )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION events_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {those} THEN RAISE EXCEPTION 'events are append-only' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN OLD; END $$"
    )
