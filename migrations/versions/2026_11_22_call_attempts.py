"""The attempts: what an earlier attempt at a call cost is a row of its own, with its own day."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_22_the_attempts"
down_revision = "2026_11_22_the_traffic"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ID = sa.String(36)
STATES = (
    "claimed",
    "sending",
    "accepted",
    "delivered",
    "stored",
    "recorded",
    "refused",
    "failed",
    "unknown",
    "written_off",
)


# What an apart row takes over from its call; all else of it is new, or nothing.
KEPT = (
    "created_at",
    "kind",
    "provider",
    "model",
    "fence",
    "attempts",
    "character_id",
    "prompt_artifact_id",
    "estimate_microusd",
    "updated_at",
)
CODE = "earlier_attempts"


def upgrade() -> None:
    _keep_attempts_apart()
    with op.batch_alter_table("provider_calls", copy_from=_calls(earlier=True)) as calls:
        calls.drop_constraint(op.f("ck_provider_calls_earlier_not_negative"), type_="check")
        calls.drop_column("earlier_microusd")


def downgrade() -> None:
    with op.batch_alter_table("provider_calls", copy_from=_calls(earlier=False)) as calls:
        calls.add_column(sa.Column("earlier_microusd", sa.BigInteger, nullable=False, server_default="0"))
        calls.create_check_constraint(op.f("ck_provider_calls_earlier_not_negative"), "earlier_microusd >= 0")
    with op.batch_alter_table("provider_calls", copy_from=_calls(earlier=True)) as calls:
        calls.alter_column("earlier_microusd", server_default=None)
    _bring_attempts_back()


def _keep_attempts_apart() -> None:
    """One row for all that was spent on a call before its last attempt; the day of that is not known.

    In SQL alone, so that `alembic upgrade --sql` prints it too.
    """
    calls = _calls(earlier=True)
    columns = calls.c
    values = {name: columns[name] for name in KEPT} | {
        # The call's own time-ordered id with version 8 (RFC 9562: made by us) in place of version 7.
        "id": sa.func.substr(columns.id, 1, 14) + "8" + sa.func.substr(columns.id, 16),
        "work_key": _key_apart(calls),
        "state": sa.literal("failed"),
        "actual_microusd": columns.earlier_microusd,
        "earlier_microusd": sa.literal(0),
        "error_code": sa.literal(CODE),
        "error_sentence": sa.literal("What the attempts before the last one have cost."),
        "sent_at": sa.func.coalesce(columns.sent_at, columns.created_at),
        "ended_at": sa.func.coalesce(columns.ended_at, columns.updated_at),
    }
    spent = sa.select(*values.values()).where(columns.earlier_microusd > 0)
    op.execute(calls.insert().from_select(list(values), spent))


def _bring_attempts_back() -> None:
    calls = _calls(earlier=True)
    apart = calls.alias("apart")
    theirs = sa.and_(apart.c.error_code == CODE, apart.c.work_key == _key_apart(calls))
    spent = sa.select(apart.c.actual_microusd).where(theirs).scalar_subquery()
    op.execute(calls.update().values(earlier_microusd=spent).where(sa.exists().where(theirs)))
    op.execute(calls.delete().where(calls.c.error_code == CODE))


def _key_apart(calls: sa.Table) -> sa.ColumnElement[str]:
    """No digest, so no call's work key; one for each call, in 56 characters."""
    return sa.literal("earlier attempts of ") + calls.c.id


def _calls(*, earlier: bool) -> sa.Table:
    """The table as it stood before (`earlier`) and as it stands after: SQLite copies it to change it."""
    spent_before = [
        sa.Column("earlier_microusd", sa.BigInteger, nullable=False),
        _check("earlier_not_negative", "earlier_microusd >= 0"),
    ]
    return sa.Table(
        "provider_calls",
        sa.MetaData(),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("work_key", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("provider", sa.String(32), nullable=False),
        sa.Column("model", sa.String(120), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("lease_owner", sa.String(64)),
        sa.Column("lease_expires_at", MOMENT),
        sa.Column("provider_id", sa.String(120)),
        sa.Column("character_id", ID),
        sa.Column("prompt_artifact_id", ID),
        sa.Column("asset_id", ID),
        sa.Column("result", sa.JSON().with_variant(JSONB(), "postgresql")),
        sa.Column("estimate_microusd", sa.BigInteger, nullable=False),
        sa.Column("actual_microusd", sa.BigInteger),
        sa.Column("error_code", sa.String(64)),
        sa.Column("error_sentence", sa.String(500)),
        sa.Column("sent_at", MOMENT),
        sa.Column("accepted_at", MOMENT),
        sa.Column("delivered_at", MOMENT),
        sa.Column("stored_at", MOMENT),
        sa.Column("recorded_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_calls")),
        _refers("character_id", "characters"),
        _refers("prompt_artifact_id", "prompt_artifacts"),
        _refers("asset_id", "generated_assets"),
        sa.UniqueConstraint("work_key", name=op.f("uq_provider_calls_work_key")),
        sa.UniqueConstraint("provider", "provider_id", name=op.f("uq_provider_calls_provider_provider_id")),
        _check("kind", "kind IN ('vision', 'image')"),
        _check("state", f"state IN ({', '.join(map(repr, STATES))})"),
        _check("estimate_not_negative", "estimate_microusd >= 0"),
        _check("actual_not_negative", "actual_microusd >= 0"),
        _check("fence_positive", "fence > 0"),
        _check("attempts_positive", "attempts > 0"),
        *(spent_before if earlier else ()),
        sa.Index("ix_provider_calls_state_lease", "state", "lease_expires_at"),
        sa.Index("ix_provider_calls_sent_at", "sent_at"),
        *(
            sa.Index(op.f(f"ix_provider_calls_{column}"), column)
            for column in ("character_id", "prompt_artifact_id", "asset_id")
        ),
    )


def _check(name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_provider_calls_{name}"))


def _refers(column: str, to: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_provider_calls_{column}_{to}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, ondelete="SET NULL")
