"""The record: every table of the design, and the timeline's guards."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_22_the_record"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String(36)
MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")

TABLES = (
    "users",
    "characters",
    "character_profiles",
    "prompt_artifacts",
    "generated_assets",
    "character_images",
    "provider_calls",
    "batches",
    "batch_items",
    "events",
)


def upgrade() -> None:
    _people()
    _characters()
    _pictures()
    _calls()
    _batches()
    _events()
    _guard_events()


def downgrade() -> None:
    sqlite = _is_sqlite()
    if not sqlite:
        op.drop_constraint(op.f("fk_characters_photo_asset_id_generated_assets"), "characters")
    for table in reversed(TABLES):  # the guards of `events` go with it
        op.drop_table(table)
    if not sqlite:
        op.execute("DROP FUNCTION events_are_kept()")
        op.execute("DROP FUNCTION events_are_final()")


def _is_sqlite() -> bool:
    return op.get_context().dialect.name == "sqlite"


def _identified() -> tuple[sa.Column[str], sa.Column[datetime]]:
    return sa.Column("id", ID, nullable=False), sa.Column("created_at", MOMENT, nullable=False)


def _primary(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))


def _word(table: str, column: str, *allowed: str) -> sa.CheckConstraint:
    values = ", ".join(f"'{word}'" for word in allowed)
    return sa.CheckConstraint(f"{column} IN ({values})", name=op.f(f"ck_{table}_{column}"))


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _refers(table: str, column: str, to: str, on_delete: str | None) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{to}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, ondelete=on_delete)


def _people() -> None:
    op.create_table(
        "users",
        *_identified(),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("password_hash", sa.String(255)),
        _primary("users"),
        _unique("users", "email"),
        _word("users", "role", "operator", "reviewer", "auditor"),
    )


def _characters() -> None:
    op.create_table(
        "characters",
        *_identified(),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("search_name", sa.String(240), nullable=False),
        sa.Column("gender", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("status_at", MOMENT, nullable=False),
        sa.Column("status_reason", sa.String(64)),
        sa.Column("status_sentence", sa.String(500)),
        sa.Column("run_token", ID),
        sa.Column("photo_asset_id", ID),
        sa.Column("consent_version", sa.String(32)),
        sa.Column("consent_by", ID),
        sa.Column("consent_at", MOMENT),
        sa.Column("created_by", ID),
        sa.Column("erased_at", MOMENT),
        _primary("characters"),
        _refers("characters", "consent_by", "users", "SET NULL"),
        _refers("characters", "created_by", "users", "SET NULL"),
        *_photo_reference(),
        _word("characters", "gender", "girl", "boy", "woman", "man", "unspecified"),
        _word(
            "characters",
            "status",
            "draft",
            "queued",
            "profiling",
            "illustrating",
            "ready",
            "needs_attention",
            "failed",
            "erased",
        ),
        _check(
            "characters",
            "consent_before_work",
            "status IN ('draft', 'erased') OR (consent_version IS NOT NULL AND consent_at IS NOT NULL)",
        ),
        _check("characters", "erased_when", "(status = 'erased') = (erased_at IS NOT NULL)"),
        _check("characters", "name_length", "length(name) BETWEEN 1 AND 120"),
    )
    op.create_index("ix_characters_status_id", "characters", ["status", "id"])
    op.create_index("ix_characters_search", "characters", ["search_name", "status", "id"])
    op.create_index(op.f("ix_characters_photo_asset_id"), "characters", ["photo_asset_id"])
    op.create_table(
        "character_profiles",
        *_identified(),
        sa.Column("character_id", ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("attributes", DOCUMENT, nullable=False),
        sa.Column("palette", DOCUMENT, nullable=False),
        sa.Column("confidence", DOCUMENT, nullable=False),
        sa.Column("do_not_change", DOCUMENT, nullable=False),
        sa.Column("monochrome", sa.Boolean, nullable=False),
        sa.Column("notes", DOCUMENT, nullable=False),
        sa.Column("photo_sha256", sa.String(64)),
        sa.Column("model", sa.String(120)),
        sa.Column("digest", sa.String(64), nullable=False),
        _primary("character_profiles"),
        _refers("character_profiles", "character_id", "characters", "CASCADE"),
        _unique("character_profiles", "character_id", "version"),
        _word("character_profiles", "source", "openai", "local", "human"),
        _check("character_profiles", "version_positive", "version > 0"),
    )
    op.create_index("ix_character_profiles_photo", "character_profiles", ["photo_sha256", "model"])


def _photo_reference() -> tuple[sa.ForeignKeyConstraint, ...]:
    """Characters point at assets, which come later: SQLite allows that now, Postgres when both are there."""
    if not _is_sqlite():
        return ()
    return (_refers("characters", "photo_asset_id", "generated_assets", "SET NULL"),)


def _pictures() -> None:
    op.create_table(
        "prompt_artifacts",
        *_identified(),
        sa.Column("character_id", ID, nullable=False),
        sa.Column("profile_id", ID),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("style", sa.String(32)),
        sa.Column("style_version", sa.String(32)),
        sa.Column("template_version", sa.String(32), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("parameters", DOCUMENT, nullable=False),
        sa.Column("work_key", sa.String(64), nullable=False),
        _primary("prompt_artifacts"),
        _refers("prompt_artifacts", "character_id", "characters", "CASCADE"),
        _refers("prompt_artifacts", "profile_id", "character_profiles", "SET NULL"),
        _unique("prompt_artifacts", "character_id", "work_key"),
        _word("prompt_artifacts", "kind", "vision", "image"),
    )
    op.create_index(op.f("ix_prompt_artifacts_profile_id"), "prompt_artifacts", ["profile_id"])
    op.create_table(
        "generated_assets",
        *_identified(),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("storage_key", sa.String(512), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content_type", sa.String(64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("prompt_artifact_id", ID),
        _primary("generated_assets"),
        _refers("generated_assets", "prompt_artifact_id", "prompt_artifacts", "SET NULL"),
        _unique("generated_assets", "storage_key"),
        _word("generated_assets", "kind", "photo", "variant", "thumbnail"),
        _check("generated_assets", "size_positive", "size_bytes > 0"),
        _check("generated_assets", "pixels_positive", "width > 0 AND height > 0"),
    )
    op.create_index(op.f("ix_generated_assets_sha256"), "generated_assets", ["sha256"])
    op.create_index(
        op.f("ix_generated_assets_prompt_artifact_id"), "generated_assets", ["prompt_artifact_id"]
    )
    if not _is_sqlite():
        op.create_foreign_key(
            op.f("fk_characters_photo_asset_id_generated_assets"),
            "characters",
            "generated_assets",
            ["photo_asset_id"],
            ["id"],
            ondelete="SET NULL",
        )
    op.create_table(
        "character_images",
        *_identified(),
        sa.Column("character_id", ID, nullable=False),
        sa.Column("style", sa.String(32), nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("run_token", ID, nullable=False),
        sa.Column("work_key", sa.String(64), nullable=False),
        sa.Column("asset_id", ID, nullable=False),
        sa.Column("prompt_artifact_id", ID, nullable=False),
        sa.Column("review", sa.String(32), nullable=False),
        sa.Column("review_reason", sa.String(500)),
        sa.Column("is_selected", sa.Boolean, nullable=False),
        sa.Column("selected_at", MOMENT),
        sa.Column("likeness", DOCUMENT),
        sa.Column("metric_version", sa.String(32)),
        sa.Column("seconds", sa.Double),
        _primary("character_images"),
        _refers("character_images", "character_id", "characters", "CASCADE"),
        _refers("character_images", "asset_id", "generated_assets", None),
        _refers("character_images", "prompt_artifact_id", "prompt_artifacts", None),
        _unique("character_images", "character_id", "work_key"),
        _unique("character_images", "character_id", "style", "run_token"),
        _word("character_images", "review", "proposed", "approved", "rejected", "locked"),
        _check("character_images", "ordinal_positive", "ordinal > 0"),
        _check(
            "character_images", "rejected_with_reason", "review <> 'rejected' OR review_reason IS NOT NULL"
        ),
        _check("character_images", "selected_not_rejected", "NOT (is_selected AND review = 'rejected')"),
    )
    op.create_index(op.f("ix_character_images_asset_id"), "character_images", ["asset_id"])
    op.create_index(
        op.f("ix_character_images_prompt_artifact_id"), "character_images", ["prompt_artifact_id"]
    )
    op.create_index(
        "uq_character_images_selected",
        "character_images",
        ["character_id"],
        unique=True,
        sqlite_where=sa.text("is_selected"),
        postgresql_where=sa.text("is_selected"),
    )


def _calls() -> None:
    op.create_table(
        "provider_calls",
        *_identified(),
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
        sa.Column("result", DOCUMENT),
        sa.Column("estimate_microusd", sa.BigInteger, nullable=False),
        sa.Column("actual_microusd", sa.BigInteger),
        sa.Column("earlier_microusd", sa.BigInteger, nullable=False),
        sa.Column("error_code", sa.String(64)),
        sa.Column("error_sentence", sa.String(500)),
        sa.Column("sent_at", MOMENT),
        sa.Column("accepted_at", MOMENT),
        sa.Column("delivered_at", MOMENT),
        sa.Column("stored_at", MOMENT),
        sa.Column("recorded_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("updated_at", MOMENT, nullable=False),
        _primary("provider_calls"),
        _refers("provider_calls", "character_id", "characters", "SET NULL"),
        _refers("provider_calls", "prompt_artifact_id", "prompt_artifacts", "SET NULL"),
        _refers("provider_calls", "asset_id", "generated_assets", "SET NULL"),
        _unique("provider_calls", "work_key"),
        _unique("provider_calls", "provider", "provider_id"),
        _word("provider_calls", "kind", "vision", "image"),
        _word(
            "provider_calls",
            "state",
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
        ),
        _check("provider_calls", "estimate_not_negative", "estimate_microusd >= 0"),
        _check("provider_calls", "actual_not_negative", "actual_microusd >= 0"),
        _check("provider_calls", "earlier_not_negative", "earlier_microusd >= 0"),
        _check("provider_calls", "fence_positive", "fence > 0"),
        _check("provider_calls", "attempts_positive", "attempts > 0"),
    )
    op.create_index("ix_provider_calls_state_lease", "provider_calls", ["state", "lease_expires_at"])
    op.create_index("ix_provider_calls_sent_at", "provider_calls", ["sent_at"])
    for column in ("character_id", "prompt_artifact_id", "asset_id"):
        op.create_index(op.f(f"ix_provider_calls_{column}"), "provider_calls", [column])


def _batches() -> None:
    op.create_table(
        "batches",
        *_identified(),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("run_token", ID, nullable=False),
        sa.Column("filter", DOCUMENT, nullable=False),
        sa.Column("plan", DOCUMENT, nullable=False),
        sa.Column("budget_microusd", sa.BigInteger),
        sa.Column("started_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        _primary("batches"),
        _unique("batches", "run_token"),
        _word("batches", "state", "planned", "running", "done", "failed", "cancelled"),
        _check("batches", "budget_not_negative", "budget_microusd >= 0"),
    )
    op.create_table(
        "batch_items",
        *_identified(),
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("character_id", ID, nullable=False),
        sa.Column("style", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("error_code", sa.String(64)),
        sa.Column("error_sentence", sa.String(500)),
        sa.Column("image_id", ID),
        _primary("batch_items"),
        _refers("batch_items", "batch_id", "batches", "CASCADE"),
        _refers("batch_items", "character_id", "characters", "CASCADE"),
        _refers("batch_items", "image_id", "character_images", "SET NULL"),
        _unique("batch_items", "batch_id", "character_id", "style"),
        _word("batch_items", "state", "pending", "running", "done", "skipped", "failed"),
    )
    op.create_index("ix_batch_items_batch_state", "batch_items", ["batch_id", "state", "id"])
    op.create_index(op.f("ix_batch_items_character_id"), "batch_items", ["character_id"])
    op.create_index(op.f("ix_batch_items_image_id"), "batch_items", ["image_id"])


def _events() -> None:
    op.create_table(
        "events",
        *_identified(),
        sa.Column("character_id", ID),
        sa.Column("batch_id", ID),
        sa.Column("run_token", ID),
        sa.Column("kind", sa.String(48), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("message", sa.String(500), nullable=False),
        sa.Column("data", DOCUMENT, nullable=False),
        _primary("events"),
        _refers("events", "character_id", "characters", "CASCADE"),
        _refers("events", "batch_id", "batches", "CASCADE"),
        _check("events", "about_something", "character_id IS NOT NULL OR batch_id IS NOT NULL"),
    )
    op.create_index("ix_events_character_id_id", "events", ["character_id", "id"])
    op.create_index("ix_events_batch_id_id", "events", ["batch_id", "id"])
    op.create_index("ix_events_run_token_id", "events", ["run_token", "id"])


# An event may only go when what it is about has gone: an erased (or deleted) character, a deleted batch.
STILL_THERE = """
    EXISTS (SELECT 1 FROM characters WHERE id = OLD.character_id AND status <> 'erased')
    OR (OLD.character_id IS NULL AND EXISTS (SELECT 1 FROM batches WHERE id = OLD.batch_id))
"""


def _guard_events() -> None:
    if _is_sqlite():
        op.execute(
            "CREATE TRIGGER events_final BEFORE UPDATE ON events "
            "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
        )
        op.execute(
            f"CREATE TRIGGER events_kept BEFORE DELETE ON events WHEN {STILL_THERE} "
            "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
        )
        return
    raising = "RAISE EXCEPTION 'events are append-only' USING ERRCODE = 'integrity_constraint_violation';"
    op.execute(
        f"CREATE FUNCTION events_are_final() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {raising} END $$"
    )
    op.execute(
        "CREATE FUNCTION events_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {STILL_THERE} THEN {raising} END IF; RETURN OLD; END $$"
    )
    op.execute(
        "CREATE TRIGGER events_final BEFORE UPDATE OR TRUNCATE ON events "
        "FOR EACH STATEMENT EXECUTE FUNCTION events_are_final()"
    )
    op.execute(
        "CREATE TRIGGER events_kept BEFORE DELETE ON events FOR EACH ROW EXECUTE FUNCTION events_are_kept()"
    )
