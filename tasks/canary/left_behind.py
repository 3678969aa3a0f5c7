"""Pictures that a canary has ordered and whose worker is gone: their addresses expire within the hour."""

from dataclasses import replace
from itertools import product

from db.log import Log
from db.models import CallKind, CallState
from db.repositories import calls, canaries
from tasks.canary.draw import draw_photo
from tasks.canary.fixed_set import fixed_set, work_key
from tasks.canary.run import models_of
from tasks.canary.settings import canary_settings
from tasks.errors import StorykinError, UsageError
from tasks.runtime import Runtime

log = Log("canary")


def fetch_left_behind(runtime: Runtime) -> int:
    """Fetch and measure them, where this machine has the photos; how many. Buys none, and ends no canary."""
    with runtime.record.reading() as session:
        ordered = {
            each.work_key
            for each in calls.stuck(session)
            if each.kind is CallKind.IMAGE
            and each.character_id is None
            and each.state in (CallState.ACCEPTED, CallState.DELIVERED)
        }
    if not ordered or canary_settings().photos is None:
        return 0
    try:
        chosen = fixed_set(runtime)
    except UsageError as error:  # another machine's worker may have the photos
        log.warning("a canary's pictures are not fetched here", code=error.code)
        return 0
    with runtime.record.reading() as session:
        begun = canaries.not_ended(session, set_digest=chosen.digest, models=models_of(runtime))
    fetched = 0
    for canary, photo, style in product(begun, chosen.photos, chosen.styles):
        if work_key(canary.id, photo, runtime.image.name, style) in ordered:
            alone = replace(chosen, styles=(style,))
            try:
                draw_photo(replace(runtime, may_spend=lambda: False), canary.id, alone, photo)
                fetched += 1
            except StorykinError as error:
                log.warning("a canary's picture is not fetched yet", code=error.code, style=style)
    return fetched
