"""OpenAI: one look at the photo."""

import time
from collections.abc import Iterator

from tasks.amounts import dollars
from tasks.errors import StorykinError
from tasks.trial_call import try_vision
from ui.diagnosis.check_result import CheckResult, ok
from ui.diagnosis.live_bookings import can_book, no_books, not_bought
from ui.diagnosis.live_trial import LiveTrial


def look(trial: LiveTrial) -> Iterator[CheckResult]:
    """Bought, and held against the schema that was asked for."""
    if not can_book():
        yield no_books("live look")
        return
    began = time.monotonic()
    try:
        looked = try_vision(trial.runtime, trial.photo)
    except StorykinError as error:
        yield not_bought("live look", error)
        return
    trial.spent_microusd += looked.cost_microusd
    yield ok(
        "live look",
        f"{trial.runtime.vision.model} described the photo in {time.monotonic() - began:.0f} s for "
        f"{dollars(looked.cost_microusd)}, in the schema that was asked for.",
    )
