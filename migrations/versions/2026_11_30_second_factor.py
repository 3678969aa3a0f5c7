"""Second factors with their recovery codes, sign-ins half done, and notices of browsers not known before."""

import sqlalchemy as sa
from alembic import op

from migrations import guards
from migrations.guards import CHANGED, Guard, changed
from migrations.online import refuse_while, step

revision = "2026_11_30_second_factor"
down_revision = "2026_11_30_ways_in"
branch_labels = None
depends_on = None

ID = sa.String(36)
MOMENT = sa.DateTime(timezone=True)
GUARDS = {
    "second_factors": [
        Guard("a code counts once", "NEW.last_step < OLD.last_step", CHANGED),
        *guards.types(
            integers="last_step", texts="user_id sealed_secret", moments="created_at began confirmed_at"
        ),
    ],
    "recovery_codes": guards.types(texts="user_id code_sha256"),
    "sign_in_steps": guards.types(texts="token_sha256 user_id", moments="began"),
    "sign_in_notices": [
        Guard(
            "a notice stays what it was made as",
            changed("id", "user_id", "session_id", "address", "agent"),
            CHANGED,
        ),
        *guards.types(texts="id user_id session_id address agent answer", moments="created_at answered_at"),
    ],
}


def upgrade() -> None:
    with step("second factors and notices of sign-ins"):
        _make_tables()
    for table, rules in GUARDS.items():
        with step():
            guards.install(table, rules)


def downgrade() -> None:
    refuse_while(
        "second_factors WHERE confirmed_at IS NOT NULL",
        "{found} people sign in with a second factor: the older release would let them in without. Take it "
        "away with `storykin user second-factor EMAIL --off` first.",
    )
    for table in reversed(GUARDS):
        guards.remove(table)
        op.drop_table(table)


def _make_tables() -> None:
    op.create_table(
        "second_factors",
        _account(),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("began", MOMENT, nullable=False),
        sa.Column("sealed_secret", sa.String(200), nullable=False),
        sa.Column("confirmed_at", MOMENT),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        _to_account("second_factors"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factors")),
        if_not_exists=True,
    )
    op.create_table(
        "recovery_codes",
        _account(),
        sa.Column("code_sha256", sa.String(64), nullable=False),
        _to_account("recovery_codes"),
        sa.PrimaryKeyConstraint("user_id", "code_sha256", name=op.f("pk_recovery_codes")),
        if_not_exists=True,
    )
    op.create_table(
        "sign_in_steps",
        sa.Column("token_sha256", sa.String(64), nullable=False),
        _account(),
        sa.Column("began", MOMENT, nullable=False),
        _to_account("sign_in_steps"),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_sign_in_steps")),
        if_not_exists=True,
    )
    op.create_table(
        "sign_in_notices",
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _account(),
        sa.Column("session_id", ID, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(200), nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.Column("answer", sa.String(32)),
        sa.CheckConstraint("answer IN ('mine', 'not_mine')", name=op.f("ck_sign_in_notices_answer")),
        _to_account("sign_in_notices"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_notices")),
        if_not_exists=True,
    )
    for table in ("sign_in_steps", "sign_in_notices"):
        op.create_index(op.f(f"ix_{table}_user_id"), table, ["user_id"], if_not_exists=True)


def _account() -> sa.Column[str]:
    return sa.Column("user_id", ID, nullable=False)


def _to_account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["accounts.user_id"], name=op.f(f"fk_{table}_user_id_accounts"), ondelete="CASCADE"
    )
