"""What is wrong with the picture store, as every page tells it until it is put right."""

import time
from collections.abc import Callable

from db.errors import UserFacingError
from db.log import Log
from db.repositories import damages
from db.told import told
from tasks.runtime import Runtime
from tasks.storage.binding import BindingState, look_at_binding
from tasks.storage.generations import BEHIND, is_behind
from ui.i18n import N_
from ui.views.notices import StoreNotice

log = Log("studio")

CACHE_SECONDS = 60.0  # seconds: pages ask more often than a bucket should be


def store_notices(runtime: Runtime) -> list[StoreNotice]:
    """What is wrong now; nothing while the store or the record can't be asked, which is told elsewhere."""
    try:
        return list(_found(runtime))
    except UserFacingError as error:
        log.warning("store not looked at", code=error.code)
        return []


def cached_for_a_minute(
    look: Callable[[], list[StoreNotice]], clock: Callable[[], float] = time.monotonic
) -> Callable[[], list[StoreNotice]]:
    """`look`, asked again once a minute at most."""
    found: list[StoreNotice] = []
    until = 0.0

    def cached() -> list[StoreNotice]:
        nonlocal found, until
        if clock() >= until:
            until = clock() + CACHE_SECONDS
            found = look()
        return found

    return cached


def _found(runtime: Runtime) -> list[StoreNotice]:
    binding = look_at_binding(runtime)
    if not binding.ok:
        title = N_("This database and this picture store do not belong together")
        return [StoreNotice(f"store-{binding.state.value}", title, binding.sentence)]
    notices = []
    if binding.state is BindingState.BOUND and is_behind(runtime):
        notices.append(
            StoreNotice("store-behind", N_("This database is older than its picture store"), BEHIND)
        )
    with runtime.record.reading() as session:
        damaged = damages.count(session)
    if damaged:
        sentence = told(
            "%(count)s of the photos and pictures are not as they were kept, and are not shown or used. "
            "`storykin doctor` names them. Bring them back from a backup of the store.",
            count=damaged,
        )
        title = N_("Something in the picture store is damaged")
        notices.append(StoreNotice(f"store-damage-{damaged}", title, sentence))
    return notices
