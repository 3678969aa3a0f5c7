"""A kept picture of an erased person stands without the words that described them; and a picture whose time
was over is erased though its call, which stays for what it cost, has bought it.
"""

from dataclasses import replace
from importlib import import_module

from migrations.guards import CHANGED, Guard, changed, documents, install, types
from migrations.online import step

revision = "2026_11_30_erased_prompts"
down_revision = "2026_11_30_listing"
branch_labels = None
depends_on = None

ERASED = "EXISTS (SELECT 1 FROM characters WHERE id = {0}.character_id AND status = 'erased')"
SAID = ["character_id", "kind", "style", "style_version", "template_version", "work_key"]
EMPTIED = f"({ERASED.format('OLD')} AND NEW.text = '' AND CAST(NEW.parameters AS TEXT) = '{{}}')"

PROMPTS = [
    Guard("a prompt never changes", changed(*SAID), CHANGED),
    Guard(
        "the words of a prompt never change",
        f"{changed('text', 'parameters')} AND NOT {EMPTIED}",
        CHANGED,
    ),
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

BEFORE = import_module("migrations.versions.2026_11_29_guards")
NAMES_WHAT_IT_BOUGHT = "a call that ended well names what it bought"
BY_RETENTION = "coalesce(NEW.error_code, '') <> 'erased'"  # of one picture, whose time was over
CALLS = [
    replace(guard, broken=f"({guard.broken}) AND {BY_RETENTION}")
    if guard.sentence == NAMES_WHAT_IT_BOUGHT
    else guard
    for guard in BEFORE.CALLS
]


def upgrade() -> None:
    with step("guards of prompts"):
        install("prompt_artifacts", PROMPTS)
    with step("guards of calls"):
        install("provider_calls", CALLS)


def downgrade() -> None:
    install("provider_calls", BEFORE.CALLS)
    install("prompt_artifacts", BEFORE.PROMPTS)
