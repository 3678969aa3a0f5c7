"""The guards: what the code promises of each row, the database keeps as well."""

import sqlalchemy as sa
from alembic import op

from migrations.guards import (
    CHANGED,
    DELETED,
    Guard,
    changed,
    check_rows,
    documents,
    install,
    not_a_move,
    remove,
    types,
    words,
)
from migrations.online import create_index, drop_index, reading_rows, step, write_in_chunks

revision = "2026_11_29_guards"
down_revision = "2026_11_29_budget_zones"
branch_labels = None
depends_on = None

NOBODY = "Erased"  # the name of whoever has been erased

# `broken` of a Guard must never be NULL where the rule is broken: what may be NULL is coalesced in a NOT.
# Where a call may go. Back to claimed leads only a new attempt, out of written_off only a person's word, and
# from failed, or past sending, only what the provider tells of a request that was taken for never bought.
CALL_MOVES = {
    "claimed": ("sending", "refused", "failed", "accepted"),
    "sending": ("accepted", "delivered", "stored", "refused", "failed", "unknown", "claimed"),
    "accepted": ("delivered", "stored", "refused", "failed", "unknown"),
    "delivered": ("stored", "refused", "failed", "unknown"),
    "stored": ("recorded", "claimed"),
    "recorded": ("claimed",),
    "unknown": ("accepted", "delivered", "stored", "refused", "failed", "written_off", "claimed"),
    "failed": ("written_off", "claimed", "accepted", "delivered", "stored", "unknown"),
    "written_off": ("failed",),
}
STATUS_MOVES = {
    "draft": ("queued", "erased"),
    "queued": ("profiling", "illustrating", "ready", "needs_attention", "failed", "erased"),
    "profiling": ("queued", "illustrating", "ready", "needs_attention", "failed", "erased"),
    "illustrating": ("queued", "profiling", "ready", "needs_attention", "failed", "erased"),
    "ready": ("queued", "erased"),
    "needs_attention": ("queued", "ready", "erased"),
    "failed": ("queued", "ready", "erased"),
}
REVIEW_MOVES = {
    "proposed": ("approved", "rejected", "locked"),
    "approved": ("proposed", "rejected", "locked"),
    "rejected": ("proposed", "approved"),
    "locked": ("approved",),
}

LEFT = words(("sending", "accepted", "delivered", "stored", "recorded", "unknown", "written_off"))
LEASED = words(("claimed", "sending", "accepted", "delivered", "stored"))
BOUGHT = words(("stored", "recorded"))


ERASED = "EXISTS (SELECT 1 FROM characters WHERE id = {0}.character_id AND status = 'erased')"
STILL_THERE = "EXISTS (SELECT 1 FROM characters WHERE id = OLD.character_id AND status <> 'erased')"


def _bought_nothing(row: str) -> str:
    return f"CASE {row}.kind WHEN 'image' THEN {row}.asset_id IS NULL ELSE {row}.result IS NULL END"


NEW_ATTEMPT = "NEW.state = 'claimed' AND NEW.attempts > OLD.attempts AND NEW.fence > OLD.fence"
# What an attempt cost is kept in a row of its own when another is made.
KEPT_APART = (
    "EXISTS (SELECT 1 FROM provider_calls AS past WHERE past.attempt_of = OLD.id AND past.id <> OLD.id "
    "AND past.provider = OLD.provider AND past.attempts = OLD.attempts AND past.fence = OLD.fence "
    "AND past.actual_microusd = OLD.actual_microusd)"
)
# It left, and nothing that the provider knows of was bought by it; or it was assumed to be paid.
CLOSED_UNBOUGHT = (
    "OLD.state = 'failed' AND OLD.sent_at IS NOT NULL AND OLD.provider_id IS NULL "
    "AND (coalesce(OLD.actual_microusd, -1) = 0 OR coalesce(OLD.error_code, '') = 'assumed_paid')"
)
BY_LATE_WORD = f"{CLOSED_UNBOUGHT} AND NEW.fence > OLD.fence"
BY_A_PERSON = (
    "NEW.state = 'failed' AND coalesce(NEW.error_code, '') = 'settled_by_hand' AND NEW.fence > OLD.fence "
    "AND (OLD.state IN ('unknown', 'written_off') OR coalesce(OLD.error_code, '') = 'output_lost')"
)

CALLS = [
    Guard("a provider call is never deleted", "1 = 1", DELETED),
    Guard(
        "what a call is for never changes",
        changed("id", "work_key", "kind", "provider", "model", "attempt_of"),
        CHANGED,
    ),
    Guard("the fence of a call only grows", "NEW.fence < OLD.fence", CHANGED),
    Guard("the attempts of a call only grow", "NEW.attempts < OLD.attempts", CHANGED),
    Guard("a call takes legal steps only", not_a_move("state", CALL_MOVES), CHANGED),
    Guard(
        "only late word of the provider opens again what was closed as never bought",
        "(OLD.state = 'failed' AND NEW.state IN ('accepted', 'delivered', 'stored', 'unknown') "
        f"AND NOT ({BY_LATE_WORD})) "
        "OR (OLD.state = 'claimed' AND NEW.state = 'accepted' AND NOT NEW.fence > OLD.fence)",
        CHANGED,
    ),
    Guard(
        "only a new attempt claims a call again",
        f"NEW.state = 'claimed' AND OLD.state <> 'claimed' AND NOT ({NEW_ATTEMPT})",
        CHANGED,
    ),
    Guard(
        "what is possibly paid is not asked for again",
        "NEW.state = 'claimed' AND OLD.state IN ('sending', 'unknown') AND OLD.estimate_microusd > 0",
        CHANGED,
    ),
    Guard(
        "what was bought is not bought again",
        f"NEW.state = 'claimed' AND OLD.state IN ({BOUGHT}) AND NOT {_bought_nothing('OLD')}",
        CHANGED,
    ),
    Guard(
        "a known price never changes",
        f"OLD.actual_microusd IS NOT NULL AND {changed('actual_microusd')} AND NOT ({BY_A_PERSON}) "
        f"AND NOT ({BY_LATE_WORD} AND NEW.state NOT IN ('claimed', 'written_off')) "
        f"AND NOT ({NEW_ATTEMPT} AND NEW.actual_microusd IS NULL "
        f"AND (OLD.actual_microusd = 0 OR {KEPT_APART}))",
        CHANGED,
    ),
    Guard(
        "an estimate stays for as long as its attempt",
        f"{changed('estimate_microusd')} AND NOT ({NEW_ATTEMPT})",
        CHANGED,
    ),
    Guard(
        "the time of sending is written once an attempt",
        f"{changed('sent_at')} AND NOT (OLD.state = 'claimed' AND NEW.sent_at IS NOT NULL)",
        CHANGED,
    ),
    Guard(
        "what a call bought is never swapped",
        f"OLD.state IN ({BOUGHT}) AND (NEW.asset_id <> OLD.asset_id OR NEW.result <> OLD.result)",
        CHANGED,
    ),
    Guard("what has left has a time of sending", f"NEW.state IN ({LEFT}) AND NEW.sent_at IS NULL"),
    Guard(
        "what someone is on has a lease",
        f"(NEW.state IN ({LEASED}) AND NEW.lease_expires_at IS NULL) "
        "OR (NEW.state IN ('claimed', 'sending') AND NEW.lease_owner IS NULL)",
    ),
    Guard("an accepted call says when", "NEW.state = 'accepted' AND NEW.accepted_at IS NULL"),
    Guard("a delivered call says when", "NEW.state = 'delivered' AND NEW.delivered_at IS NULL"),
    Guard("a stored call says when", "NEW.state = 'stored' AND NEW.stored_at IS NULL"),
    Guard("a recorded call says when", "NEW.state = 'recorded' AND NEW.recorded_at IS NULL"),
    Guard(
        "a call that has ended says when",
        "NEW.state IN ('recorded', 'refused', 'failed', 'unknown', 'written_off') AND NEW.ended_at IS NULL",
    ),
    Guard(
        "a call that ended well has a price",
        f"NEW.state IN ({BOUGHT}) AND NEW.actual_microusd IS NULL",
    ),
    Guard(
        "a call that ended well names what it bought",
        f"NEW.state IN ({BOUGHT}) AND {_bought_nothing('NEW')} AND NOT {ERASED.format('NEW')}",
    ),
    Guard(
        "a call that left and failed has a price, if only 0",
        "NEW.state = 'failed' AND NEW.sent_at IS NOT NULL AND NEW.actual_microusd IS NULL",
    ),
    Guard("a work key is in lower case", "NEW.work_key <> lower(NEW.work_key)"),
    *documents(objects="result"),
    *types(
        integers="fence attempts estimate_microusd actual_microusd",
        texts=(
            "id work_key kind provider model state lease_owner sent_by attempt_of provider_id "
            "character_id prompt_artifact_id asset_id error_code error_sentence"
        ),
        moments=(
            "created_at lease_expires_at sent_at accepted_at delivered_at stored_at "
            "recorded_at ended_at updated_at answer_due_at absent_since absent_told_at"
        ),
    ),
]

USERS = [
    Guard(
        "an e-mail address is in lower case, without spaces around it",
        "NEW.email <> lower(trim(NEW.email)) OR NEW.email = ''",
    ),
    *types(texts="id email name role password_hash", moments="created_at"),
]

CHARACTERS = [
    Guard(
        "a character takes legal steps only, and none once erased",
        not_a_move("status", STATUS_MOVES),
        CHANGED,
    ),
    Guard(
        "what waits for a person, or failed, has a reason",
        "NEW.status IN ('needs_attention', 'failed') AND coalesce(NEW.status_reason, '') = ''",
    ),
    Guard(
        "of whoever is erased neither name nor photo is left",
        "NEW.status = 'erased' AND (NEW.photo_asset_id IS NOT NULL OR NEW.status_sentence IS NOT NULL "
        f"OR NEW.name <> '{NOBODY}' OR NEW.search_name <> '{NOBODY.lower()}')",
    ),
    Guard(
        "a photo is bytes of the kind photo",
        "EXISTS (SELECT 1 FROM generated_assets WHERE id = NEW.photo_asset_id AND kind <> 'photo')",
    ),
    Guard(
        "a character with a locked picture is erased before it is deleted",
        "OLD.status <> 'erased' AND EXISTS "
        "(SELECT 1 FROM character_images WHERE character_id = OLD.id AND review = 'locked')",
        DELETED,
    ),
    *types(
        texts=(
            "id name search_name gender status status_reason status_sentence "
            "run_token photo_asset_id consent_version consent_by created_by"
        ),
        moments="created_at status_at consent_at erased_at",
    ),
]

PROFILE = ["character_id", "version", "source", "attributes", "palette", "confidence", "do_not_change"]
PROFILE += ["monochrome", "notes", "photo_sha256", "model", "digest"]
PROFILES = [
    Guard("a version of a profile never changes", changed(*PROFILE), CHANGED),
    *documents(objects="attributes confidence", arrays="palette do_not_change notes"),
    *types(
        integers="version",
        booleans="monochrome",
        texts="id character_id source photo_sha256 model digest",
        moments="created_at",
    ),
]

PROMPT = ["character_id", "kind", "style", "style_version", "template_version", "text", "parameters"]
PROMPTS = [
    Guard("a prompt never changes", changed(*PROMPT, "work_key"), CHANGED),
    Guard("a prompt keeps its profile", "NEW.profile_id <> OLD.profile_id", CHANGED),
    Guard(
        "a prompt is made of its own character's profile",
        "EXISTS (SELECT 1 FROM character_profiles WHERE id = NEW.profile_id "
        "AND character_id <> NEW.character_id)",
    ),
    Guard("a work key is in lower case", "NEW.work_key <> lower(NEW.work_key)"),
    *documents(objects="parameters"),
    *types(
        texts=("id character_id profile_id kind style style_version template_version text work_key"),
        moments="created_at",
    ),
]

ASSET = ["kind", "storage_key", "sha256", "content_type", "size_bytes", "width", "height"]
ASSETS = [
    Guard("what is said of kept bytes never changes", changed(*ASSET), CHANGED),
    Guard("kept bytes keep their prompt", "NEW.prompt_artifact_id <> OLD.prompt_artifact_id", CHANGED),
    Guard(
        "a storage key stays inside the store",
        "NEW.storage_key = '' OR substr(NEW.storage_key, 1, 1) = '/' "
        r"OR replace(NEW.storage_key, '\', '') <> NEW.storage_key "
        "OR replace('/' || NEW.storage_key || '/', '/../', '') <> '/' || NEW.storage_key || '/' "
        "OR replace('/' || NEW.storage_key || '/', '/./', '') <> '/' || NEW.storage_key || '/' "
        "OR replace(NEW.storage_key || '/', '//', '') <> NEW.storage_key || '/'",
    ),
    *types(
        integers="size_bytes width height",
        texts="id kind storage_key sha256 content_type prompt_artifact_id",
        moments="created_at",
    ),
]

IMAGE = ["character_id", "style", "ordinal", "run_token", "work_key", "asset_id", "prompt_artifact_id"]
IMAGES = [
    Guard("what a picture shows, and of whom, never changes", changed(*IMAGE), CHANGED),
    Guard(
        "a picture is reviewed in legal steps, a locked one unlocked first",
        not_a_move("review", REVIEW_MOVES),
        CHANGED,
    ),
    Guard(
        "a locked picture is not deleted",
        f"OLD.review = 'locked' AND {STILL_THERE}",
        DELETED,
    ),
    Guard(
        "a picture is made from its own character's prompt",
        "EXISTS (SELECT 1 FROM prompt_artifacts WHERE id = NEW.prompt_artifact_id AND (kind <> 'image' "
        "OR character_id <> NEW.character_id OR work_key <> NEW.work_key OR style <> NEW.style))",
    ),
    Guard(
        "a picture shows the bytes of its own work",
        "EXISTS (SELECT 1 FROM generated_assets WHERE id = NEW.asset_id AND kind <> 'variant') "
        "OR EXISTS (SELECT 1 FROM generated_assets AS asset JOIN prompt_artifacts AS prompt "
        "ON prompt.id = asset.prompt_artifact_id "
        "WHERE asset.id = NEW.asset_id AND prompt.work_key <> NEW.work_key) "
        "OR EXISTS (SELECT 1 FROM character_images AS other WHERE other.asset_id = NEW.asset_id "
        "AND other.id <> NEW.id AND other.work_key <> NEW.work_key)",
    ),
    Guard("a favourite says since when", "NEW.is_selected AND NEW.selected_at IS NULL"),
    Guard("a work key is in lower case", "NEW.work_key <> lower(NEW.work_key)"),
    *documents(objects="likeness"),
    *types(
        integers="ordinal",
        numbers="seconds",
        booleans="is_selected",
        texts=(
            "id character_id style run_token work_key asset_id prompt_artifact_id "
            "review review_reason metric_version"
        ),
        moments="created_at selected_at",
    ),
]

BATCHES = [
    Guard("a batch that runs has begun", "NEW.state = 'running' AND NEW.started_at IS NULL"),
    Guard(
        "a batch that has ended says when",
        "NEW.state IN ('done', 'failed', 'cancelled') AND NEW.ended_at IS NULL",
    ),
    Guard("a batch ends after it began", "NEW.ended_at < NEW.started_at"),
    Guard("a batch is never renamed", changed("id", "run_token"), CHANGED),
    *documents(objects="filter plan"),
    *types(
        integers="budget_microusd",
        texts="id state run_token lease_owner",
        moments="created_at lease_expires_at started_at ended_at",
    ),
]

ITEMS = [
    Guard("a piece of a batch stays what it is", changed("batch_id", "character_id", "style"), CHANGED),
    Guard(
        "a piece of a batch shows a picture of its own character",
        "EXISTS (SELECT 1 FROM character_images WHERE id = NEW.image_id "
        "AND character_id <> NEW.character_id)",
    ),
    *types(
        integers="ordinal",
        texts="id batch_id character_id style state error_code error_sentence image_id",
        moments="created_at",
    ),
]

# Erasing may take a name out of what was said, and nothing else; nobody else changes an event.
EVENTS = [
    Guard(
        "events are append-only",
        changed("id", "created_at", "character_id", "batch_id", "run_token", "kind", "actor")
        + f" OR NOT {ERASED.format('OLD')}",
        CHANGED,
    ),
    *documents(objects="data"),
    *types(
        texts="id character_id batch_id run_token kind actor message",
        moments="created_at",
    ),
]

INSTALLATION = types(
    integers="slot generation", texts="id generation_id scrubbed_to", moments="created_at bound_at"
)

ORDERS = [
    Guard("an order stays what it is", changed("character_id", "style", "framing", "ordinal"), CHANGED),
    *types(integers="ordinal", texts="id character_id style framing run_token", moments="created_at"),
]

UPLOADS = types(texts="upload_key character_id run_token request_digest", moments="created_at")
ANCHORS = types(texts="boot_id", moments="booted_at")
ZONES = types(texts="zone", moments="used_at")
DAMAGED = types(texts="storage_key kind", moments="found_at")
LIMITS = types(
    integers="slow_per_minute failures",
    texts="provider",
    moments="next_free_at paused_until slow_until open_until updated_at",
)

GUARDS = {
    "provider_calls": CALLS,
    "users": USERS,
    "characters": CHARACTERS,
    "character_profiles": PROFILES,
    "prompt_artifacts": PROMPTS,
    "generated_assets": ASSETS,
    "character_images": IMAGES,
    "batches": BATCHES,
    "batch_items": ITEMS,
    "events": EVENTS,
    "provider_limits": LIMITS,
    "installation": INSTALLATION,
    "ordered_pictures": ORDERS,
    "used_uploads": UPLOADS,
    "damaged_objects": DAMAGED,
    "clock_anchors": ANCHORS,
    "budget_zones": ZONES,
}
KEYS = {
    "provider_limits": "provider",
    "used_uploads": "upload_key",
    "damaged_objects": "storage_key",
    "clock_anchors": "boot_id",
    "budget_zones": "zone",
}

STYLE_ORDINAL = "uq_character_images_style_ordinal"

# What an older Storykin may have written, and how it certainly was meant: rows, and what to make of them.
REPAIRS = (
    # Settled by evidence and not carried on yet: nobody holds it, so its lease has run out.
    ("provider_calls", f"state IN ({LEASED}) AND lease_expires_at IS NULL", "lease_expires_at = updated_at"),
    (
        "provider_calls",
        "state IN ('recorded', 'refused', 'failed', 'unknown', 'written_off') AND ended_at IS NULL",
        "ended_at = updated_at",
    ),
    (
        "characters",
        f"status = 'erased' AND (name <> '{NOBODY}' OR photo_asset_id IS NOT NULL)",
        f"name = '{NOBODY}', search_name = '{NOBODY.lower()}', photo_asset_id = NULL, status_sentence = NULL",
    ),
    (
        "users",
        "email <> lower(trim(email)) AND NOT EXISTS (SELECT 1 FROM users AS twin "
        "WHERE twin.id <> users.id AND lower(trim(twin.email)) = lower(trim(users.email)))",
        "email = lower(trim(email))",
    ),
)


def upgrade() -> None:
    for table, where, values in REPAIRS:
        write_in_chunks(f"rows of {table}", table, where, values)
    _number_twins()
    for table, guards in GUARDS.items():
        check_rows(table, guards, key=KEYS.get(table, "id"))
    create_index(STYLE_ORDINAL, "character_images", ["character_id", "style", "ordinal"], unique=True)
    for table, guards in GUARDS.items():
        with step():
            if table == "events":
                _drop_older_guard()
            install(table, guards)
    with step():
        _keep_from_emptying()


def downgrade() -> None:
    with step("guards"):
        for table in GUARDS:
            remove(table)
        _bring_older_guard_back()
    drop_index(STYLE_ORDINAL, "character_images")


def _number_twins() -> None:
    """Two pictures of a style with one number: the later one gets the next that is free. No key changes."""
    with reading_rows() as connection:
        found = [] if connection is None else connection.exec_driver_sql(TWINS).all()
    for image_id, character_id, style in found:
        with step():
            op.get_bind().execute(NEXT_NUMBER, {"id": image_id, "character": character_id, "style": style})


TWINS = """
    SELECT id, character_id, style FROM character_images AS later WHERE EXISTS (
        SELECT 1 FROM character_images AS earlier WHERE earlier.character_id = later.character_id
        AND earlier.style = later.style AND earlier.ordinal = later.ordinal AND earlier.id < later.id
    ) ORDER BY id
"""
NEXT_NUMBER = sa.text(
    "UPDATE character_images SET ordinal = (SELECT max(ordinal) + 1 FROM character_images "
    "WHERE character_id = :character AND style = :style) WHERE id = :id"
)

# The guard of events that no erasing could pass; on Postgres it also kept them from being emptied.
KEPT_WHOLE = ("events", "provider_calls")


def _drop_older_guard() -> None:
    if op.get_context().dialect.name == "sqlite":
        op.execute("DROP TRIGGER IF EXISTS events_final")
    else:
        op.execute("DROP TRIGGER IF EXISTS events_final ON events")


def _bring_older_guard_back() -> None:
    if op.get_context().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER IF NOT EXISTS events_final BEFORE UPDATE ON events "
            "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
        )
        return
    for table in KEPT_WHOLE:
        op.execute(f"DROP TRIGGER IF EXISTS kept_whole ON {table}")
    op.execute("DROP FUNCTION IF EXISTS kept_whole()")
    op.execute(
        "CREATE TRIGGER events_final BEFORE UPDATE OR TRUNCATE ON events "
        "FOR EACH STATEMENT EXECUTE FUNCTION events_are_final()"
    )


def _keep_from_emptying() -> None:
    """TRUNCATE, which SQLite does not know, passes by every guard of rows."""
    if op.get_context().dialect.name == "sqlite":
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION kept_whole() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% are append-only: the table is never emptied', TG_TABLE_NAME "
        "USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table in KEPT_WHOLE:
        op.execute(f"DROP TRIGGER IF EXISTS kept_whole ON {table}")
        op.execute(
            f"CREATE TRIGGER kept_whole BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION kept_whole()"
        )
