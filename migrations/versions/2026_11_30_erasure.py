"""Consent as a record, erasures with their certificates, legal holds and retention clocks."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.guards import CHANGED, DELETED, Guard, changed, documents, install, remove, types
from migrations.online import refuse_while, step

revision = "2026_11_30_erasure"
down_revision = "2026_11_30_review"
branch_labels = None
depends_on = None

ID = sa.String(36)
MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")

ROLES = "role IN ('person', 'parent', 'customer')"
MEANS = "means IN ('operator_tick', 'signed_link', 'import')"
REASONS = "reason IN ('asked', 'withdrawn', 'retention', 'restored')"
STEPS = "step IN ('workers', 'bytes', 'compact', 'prefect', 'done')"
GIVEN = ["id", "character_id", "text_version", "language", "role", "means", "processors", "purposes"]
GIVEN += ["keep_canon", "given_at"]

GUARDS = {
    "consent_texts": [
        Guard("a text that people consent to never changes", changed("version", "language", "text"), CHANGED),
        Guard("a text that people consented to stays", "1 = 1", DELETED),
        *types(texts="id version language text written_by", moments="created_at"),
    ],
    "consents": [
        Guard("a consent stays as it was given", changed(*GIVEN), CHANGED),
        Guard(
            "a withdrawn consent stays withdrawn",
            f"OLD.withdrawn_at IS NOT NULL AND {changed('withdrawn_at')}",
            CHANGED,
        ),
        *documents(arrays="processors purposes"),
        *types(
            booleans="keep_canon",
            texts="id character_id text_version language role means recorded_by withdrawn_by",
            moments="created_at given_at withdrawn_at",
        ),
    ],
    "erasures": [
        Guard("an erasure is of whom it was asked for", changed("id", "character_id", "keep_canon"), CHANGED),
        Guard(
            "an erasure that is done stays as it is",
            f"OLD.step = 'done' AND {changed('step', 'certificate', 'ended_at')}",
            CHANGED,
        ),
        Guard(
            "an erasure that is done has a certificate",
            "NEW.step = 'done' AND (NEW.certificate IS NULL OR NEW.ended_at IS NULL)",
        ),
        Guard("an erasure is never forgotten", "1 = 1", DELETED),
        *documents(objects="plan certificate"),
        *types(
            booleans="keep_canon",
            texts="id character_id reason step asked_by waits_for",
            moments="created_at ended_at",
        ),
    ],
    "legal_holds": types(texts="id character_id reason placed_by lifted_by", moments="created_at lifted_at"),
    "retention_clocks": types(texts="character_id subject", moments="started_at"),
}


def upgrade() -> None:
    with step("consents, erasures and retention"):
        _make_tables()
    for table, guards in GUARDS.items():
        with step():
            install(table, guards)


def downgrade() -> None:
    refuse_while(
        "erasures WHERE step <> 'done'",
        "{found} erasures are under way: the older release would not finish them. Let them end first.",
    )
    refuse_while(
        "consents WHERE withdrawn_at IS NOT NULL AND EXISTS (SELECT 1 FROM characters "
        "WHERE characters.id = consents.character_id AND status <> 'erased')",
        "{found} consents were withdrawn: the older release would go on. Erase these characters first.",
    )
    refuse_while(
        "legal_holds WHERE lifted_at IS NULL",
        "{found} characters are under a legal hold, which the older release does not know.",
    )
    refuse_while(
        "erasures WHERE step = 'done'",
        "{found} erasures are on record with their certificates: the older release would lose them. "
        "Bring back a backup instead.",
    )
    refuse_while(
        "consents WHERE keep_canon OR means <> 'operator_tick' OR CAST(processors AS TEXT) <> '[]' "
        "OR text_version <> (SELECT consent_version FROM characters "
        "WHERE characters.id = consents.character_id)",
        "{found} consents say more than the older release knows of. Bring back a backup instead.",
    )
    refuse_while(
        "consent_texts WHERE text <> ''",
        "{found} consent texts are the studio's own: the older release would lose them. Bring back a backup "
        "instead.",
    )
    for table in GUARDS:
        remove(table)
    for table in reversed(GUARDS):
        op.drop_table(table)


def _make_tables() -> None:
    _table(
        "consent_texts",
        *_identified("consent_texts"),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by", ID),
        _refers("consent_texts", "written_by", "users", "SET NULL"),
        sa.UniqueConstraint("version", "language", name=op.f("uq_consent_texts_version_language")),
    )
    _table(
        "consents",
        *_identified("consents"),
        sa.Column("character_id", ID, nullable=False),
        sa.Column("text_version", sa.String(32), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("means", sa.String(32), nullable=False),
        sa.Column("processors", DOCUMENT, nullable=False),
        sa.Column("purposes", DOCUMENT, nullable=False),
        sa.Column("keep_canon", sa.Boolean(), nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("recorded_by", ID),
        sa.Column("withdrawn_at", MOMENT),
        sa.Column("withdrawn_by", ID),
        sa.CheckConstraint(ROLES, name=op.f("ck_consents_role")),
        sa.CheckConstraint(MEANS, name=op.f("ck_consents_means")),
        _refers("consents", "character_id", "characters", "CASCADE"),
        _refers("consents", "recorded_by", "users", "SET NULL"),
        _refers("consents", "withdrawn_by", "users", "SET NULL"),
    )
    _table(
        "erasures",
        *_identified("erasures"),
        sa.Column("character_id", ID, nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("step", sa.String(32), nullable=False),
        sa.Column("asked_by", ID),
        sa.Column("keep_canon", sa.Boolean(), nullable=False),
        sa.Column("plan", DOCUMENT, nullable=False),
        sa.Column("certificate", DOCUMENT),
        sa.Column("waits_for", sa.String(500)),
        sa.Column("ended_at", MOMENT),
        sa.CheckConstraint(REASONS, name=op.f("ck_erasures_reason")),
        sa.CheckConstraint(STEPS, name=op.f("ck_erasures_step")),
        sa.UniqueConstraint("character_id", name=op.f("uq_erasures_character_id")),
    )
    _table(
        "legal_holds",
        *_identified("legal_holds"),
        sa.Column("character_id", ID, nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("placed_by", ID),
        sa.Column("lifted_at", MOMENT),
        sa.Column("lifted_by", ID),
        _refers("legal_holds", "character_id", "characters", "CASCADE"),
        _refers("legal_holds", "placed_by", "users", "SET NULL"),
        _refers("legal_holds", "lifted_by", "users", "SET NULL"),
    )
    _table(
        "retention_clocks",
        sa.Column("character_id", ID, nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("character_id", "subject", name=op.f("pk_retention_clocks")),
        _refers("retention_clocks", "character_id", "characters", "CASCADE"),
    )
    for table in ("consents", "legal_holds"):
        op.create_index(op.f(f"ix_{table}_character_id"), table, ["character_id"], if_not_exists=True)


def _table(name: str, *parts: Any) -> None:
    """A table, if it is not there yet: a migration that was killed begins again."""
    op.create_table(name, *parts, if_not_exists=True)


def _identified(table: str) -> tuple[sa.Column[str], sa.Column[datetime], sa.PrimaryKeyConstraint]:
    return (
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _refers(table: str, column: str, to: str, on_delete: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{to}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, ondelete=on_delete)
