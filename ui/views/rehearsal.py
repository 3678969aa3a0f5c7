"""The rehearsal cloud's one page."""

from collections.abc import Mapping, Sequence
from typing import Any

from ui.views.templates import render

# The faults that have a button: what an operator practises most.
BUTTONS = (
    "delay", "drop", "throttled", "quota", "no_credit", "status", "html", "empty_body", "refusal",
    "incomplete", "moderation_blocked", "e005", "e003", "pa", "stuck", "no_output", "expired_output",
    "webhook_twice", "webhook_reordered", "webhook_late", "webhook_forged", "webhook_never", "low_credit",
    "schema_changed",
)  # fmt: skip


def rehearsal_page(
    *,
    base_url: str,
    summary: Mapping[str, Any],
    keys_shown: int,
    faults: Sequence[Mapping[str, Any]],
    kinds: Mapping[str, str],
) -> str:
    """The accounts, the faults that are set, and ways to set more."""
    return render(
        "rehearsal.html",
        base_url=base_url,
        summary=summary,
        keys_shown=keys_shown,
        faults=faults,
        kinds=kinds,
        buttons=BUTTONS,
    )
