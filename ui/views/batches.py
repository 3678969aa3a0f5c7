"""Batches in words."""

from tasks.amounts import dollars
from tasks.batch.control import BatchActed
from tasks.batch.status import BatchStatus
from ui.i18n import N_, _
from ui.views.words import left_words

WORDS = {
    "planned": N_("Planned"),
    "running": N_("Running"),
    "paused": N_("Paused"),
    "done": N_("Done"),
    "failed": N_("Failed"),
    "cancelled": N_("Cancelled"),
}
TONES = {
    "planned": "queued",
    "running": "illustrating",
    "paused": "needs_attention",
    "done": "ready",
    "failed": "failed",
    "cancelled": "draft",
}


def pace_words(line: BatchStatus) -> str:
    """How fast it is and how long it will be yet, judged by its last minutes; "" where that is not known."""
    if line.per_minute is None:
        return ""
    pace = f"{line.per_minute:.0f}" if line.per_minute >= 10 else f"{line.per_minute:.1f}"
    said = _("%(pace)s pictures a minute", pace=pace)
    left = left_words(line.remaining_seconds)
    return f"{said}, {left}" if left else said


def acts_of(line: BatchStatus) -> tuple[str, ...]:
    """What can be done to it as it stands."""
    if line.state in ("planned", "running"):
        return "pause", "cancel", "budget"
    if line.state == "paused":
        return "resume", "cancel", "budget"
    return ("resume",) if line.left else ()


def acted_sentence(act: str, done: BatchActed) -> str:
    """What was done, and what Prefect does not know yet."""
    match act:
        case "pause":
            said = _("The batch is paused: what is being drawn is finished, nothing more begins.")
        case "resume":
            said = _("The batch goes on.")
        case "cancel":
            said = _("The batch is cancelled. What is drawn stays; the rest waits for another night.")
        case _other if done.budget_microusd is None:
            said = _("The batch has no budget of its own; the day's budget holds.")
        case _other:
            said = _("The batch's budget is %(budget)s now.", budget=dollars(done.budget_microusd or 0))
    return f"{said} {_(done.problem)}" if done.problem else said


def begun_sentence(done: BatchActed) -> str:
    """That the batch is on record, and what Prefect does not know yet."""
    said = _("The batch begins with the next worker that is free.")
    return f"{said} {_(done.problem)}" if done.problem else said
