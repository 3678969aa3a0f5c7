"""The sweep: what no row names goes into quarantine, and a month later for good. Little by little.

Ages are told by the store's own clock, and by the record's that never jumps: what is young by either is left
alone, for the clock of a store on this machine's disk can be set at any moment. A round that would take more
than a share of the store takes nothing: that is what a wrong, an emptied or an older database looks like.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from db.log import Log
from db.repositories import clock
from db.told import told
from tasks.erasure.settings import retention_settings
from tasks.errors import StoreError
from tasks.runtime import Runtime
from tasks.settings import provider_settings
from tasks.storage import quarantine
from tasks.storage.binding import RecordAndStore, require_bound
from tasks.storage.generations import BEHIND, is_behind, take_turn
from tasks.storage.named_objects import PIECE, Inventory, is_named, named_among, take_inventory

log = Log("sweep")

UNNAMED_KEPT = timedelta(days=1)  # bytes are stored before the row that names them, so give the row time
ALWAYS = 5  # objects a round may take of the smallest store
MOST_A_ROUND = 100
SHARE_A_ROUND = 0.10
SUSPICIOUS_SHARE = 0.25  # so much without a row is no litter of crashes
HELD = "sweep_held"
WHY = "no row named it for a day"


@dataclass(frozen=True)
class Candidate:
    """An object that a round would take."""

    key: str
    size: int  # bytes
    since: datetime  # when it was written, or came into quarantine


@dataclass(frozen=True)
class SweepPlan:
    """What the next round would do. `held` says why it would move nothing, "" where nothing is against it."""

    objects: int
    unnamed: int
    to_quarantine: tuple[Candidate, ...]
    to_delete: tuple[Candidate, ...]
    left_for_later: int = 0  # beyond what a round may take, as far as that is known without reading it
    held: str = ""


def plan_sweep(pair: RecordAndStore) -> SweepPlan:
    """What the next round would do, by what is in the store and on record now. Writes nothing."""
    there = take_inventory(pair)
    most = _allowance(there.objects)
    held = _why_held(pair, there)
    unnamed = [] if held else _older(pair, [(each.key, each.size) for each in there.unnamed])
    expired, more = _expired(pair, 0 if held else most)
    return SweepPlan(
        objects=there.objects,
        unnamed=len(there.unnamed),
        to_quarantine=tuple(unnamed[:most]),
        to_delete=tuple(expired),
        left_for_later=max(0, len(unnamed) - most) + more,
        held=held,
    )


def quarantine_unnamed(runtime: Runtime) -> int:
    """Move what no row has named for a day into quarantine, as much as a round may; returns how much.

    Raises StoreError: `store_not_ours`, `record_behind_store`, or `sweep_held` when it is suspiciously much.
    """
    require_bound(runtime, afresh=True)
    take_turn(runtime)
    plan = plan_sweep(runtime)
    if plan.held:
        raise StoreError(plan.held, code=HELD)
    return put_all_away(runtime, plan.to_quarantine)


def unnamed_for_a_day(pair: RecordAndStore) -> list[Candidate]:
    """Everything that no row has named for a day, however much it is."""
    return _older(pair, [(each.key, each.size) for each in take_inventory(pair).unnamed])


def put_all_away(pair: RecordAndStore, those: Sequence[Candidate]) -> int:
    """Move them into quarantine, except what a row names by now; returns how many were moved."""
    moved = 0
    for each in those:
        if is_named(pair, each.key):
            continue
        moved += quarantine.put_away(pair.store, each.key, why=WHY)
        if is_named(pair, each.key):  # named while it was on its way
            quarantine.bring_back(pair.store, each.key)
    if moved:
        log.info("unnamed objects quarantined", count=moved)
    return moved


def bring_back_named(runtime: Runtime) -> int:
    """Bring what a row names (again) out of quarantine; returns how much."""
    require_bound(runtime, afresh=True)
    waiting = [
        found.key.removeprefix(quarantine.PREFIX) for found in runtime.store.iterate(quarantine.PREFIX)
    ]
    named = sorted(_named(runtime, waiting))
    missing = [key for key in named if runtime.store.head(key) is None]
    return sum(quarantine.bring_back(runtime.store, key) is not None for key in missing)


def empty_quarantine(runtime: Runtime) -> int:
    """Delete what has been in quarantine for its month, as much as a round may; how much. What a row names
    goes only where the same bytes are back in its place.
    """
    require_bound(runtime, afresh=True)
    plan = plan_sweep(runtime)
    if plan.held:
        raise StoreError(plan.held, code=HELD)
    deleted = 0
    for each in plan.to_delete:
        if not is_named(runtime, each.key) or quarantine.is_doubled(runtime.store, each.key):
            quarantine.delete_for_good(runtime.store, each.key)
            deleted += 1
    if deleted:
        log.warning("quarantined objects deleted", count=deleted)
    return deleted


def drop_stale_uploads(runtime: Runtime) -> int:
    """Delete uploads that nobody made a character of within their hours; returns how many."""
    return _drop_lent(runtime, "incoming/", timedelta(hours=retention_settings().uploads_hours))


def drop_handed_over_photos(runtime: Runtime) -> int:
    """Delete copies of photos that were lent to a provider and that a crash left there; returns how many."""
    return _drop_lent(runtime, "inputs/", UNNAMED_KEPT)


def _drop_lent(runtime: Runtime, prefix: str, age: timedelta) -> int:
    """What is under these prefixes is a copy or an offer, never named by a row: it has no quarantine."""
    require_bound(runtime, afresh=True)
    there = [(found.key, found.size) for found in list(runtime.store.iterate(prefix))]
    stale = _older(runtime, there, age)[:MOST_A_ROUND]
    for each in stale:
        runtime.store.delete(each.key)
    return len(stale)


def _allowance(objects: int) -> int:
    return min(MOST_A_ROUND, max(ALWAYS, int(objects * SHARE_A_ROUND)))


def _why_held(pair: RecordAndStore, there: Inventory) -> str:
    if is_behind(pair):
        return BEHIND
    if len(there.unnamed) <= max(ALWAYS, there.objects * SUSPICIOUS_SHARE):
        return ""
    return told(
        "The database names %(named)s of the %(objects)s objects in the picture store. This is what a wrong, "
        "an emptied or an older database looks like, so nothing is moved or deleted. If it is the right one, "
        "`storykin quarantine add` moves the others into quarantine.",
        named=there.named,
        objects=there.objects,
    )


def _now(pair: RecordAndStore) -> datetime:
    """The earlier of what the two clocks say."""
    with pair.record.reading() as session:
        return min(pair.store.now(), clock.steady(session))


def _older(
    pair: RecordAndStore, there: list[tuple[str, int]], age: timedelta = UNNAMED_KEPT
) -> list[Candidate]:
    """Those that are older than `age`, oldest first."""
    limit = _now(pair) - age if there else None
    ages = ((key, size, pair.store.modified_at(key)) for key, size in there)
    found = [Candidate(key, size, at) for key, size, at in ages if at is not None]
    return sorted((each for each in found if limit and each.since < limit), key=lambda each: each.since)


def _named(pair: RecordAndStore, keys: Sequence[str]) -> set[str]:
    pieces = (keys[start : start + PIECE] for start in range(0, len(keys), PIECE))
    return {key for piece in pieces for key in named_among(pair, piece)}


def _expired(pair: RecordAndStore, most: int) -> tuple[list[Candidate], int]:
    """Up to `most` whose time in quarantine is over, oldest first, and how many more no row names. What a row
    names is compared with what is in its place, so none is looked at beyond `most`.
    """
    kept = timedelta(days=provider_settings().quarantine_days)
    waiting = list(quarantine.contents(pair.store))
    named = _named(pair, [each.key for each in waiting])
    limit = _now(pair) - kept if waiting else None
    old = [
        Candidate(each.key, each.size, each.since)
        for each in waiting
        if each.since and limit and each.since < limit
    ]
    old.sort(key=lambda each: each.since)
    expired = (each for each in old if each.key not in named or quarantine.is_doubled(pair.store, each.key))
    found = list(islice(expired, most))
    return found, sum(each.key not in named for each in old) - sum(each.key not in named for each in found)
