"""A canary from its beginning to its verdict, and two of them beside each other. The studio's, the command
line's and the schedule's.
"""

from collections.abc import Callable
from dataclasses import dataclass

from db.engine import Session
from db.log import Log
from db.models import Canary
from db.repositories import canaries, limits
from tasks.canary.draw import draw_photo
from tasks.canary.drift import Change, changes, not_comparable
from tasks.canary.fixed_set import HISTORY, fixed_set, most_microusd
from tasks.errors import UsageError
from tasks.ledger.budget import check_budget_ahead
from tasks.runtime import Runtime

log = Log("canary")


@dataclass(frozen=True)
class PlannedCanary:
    """What a canary would do: photos, pictures, and what it may cost at the most, in micro-dollars."""

    photos: int
    styles: tuple[str, ...]
    most_microusd: int

    @property
    def pictures(self) -> int:
        """How many are drawn."""
        return self.photos * len(self.styles)


@dataclass(frozen=True)
class CanaryReport:
    """A canary beside those it is compared with."""

    canary_id: str
    models: tuple[str, str]  # who drew, and who looked: "provider model"
    pictures: int
    measured: int
    compared_with: tuple[str, ...]  # their ids, the newest first
    models_before: tuple[str, str] | None  # of the newest of them
    not_comparable: int  # pictures that we ask for in other words, or by another version of their style
    changes: tuple[Change, ...]

    @property
    def drifted(self) -> tuple[Change, ...]:
        """What differs from before by more than chance, and by enough to matter."""
        return tuple(each for each in self.changes if each.drifted)


def plan_canary(runtime: Runtime) -> PlannedCanary:
    """What `run_canary` would do. UsageError (`no_canary`)."""
    chosen = fixed_set(runtime)
    return PlannedCanary(len(chosen.photos), chosen.styles, most_microusd(runtime, chosen))


def run_canary(
    runtime: Runtime,
    *,
    tell: Callable[[CanaryReport], None] = lambda _found: None,
    has_told: Callable[[], bool] = lambda: False,
) -> CanaryReport:
    """Draw the fixed set, measure it, and compare it with its history. One that was stopped is gone on with.

    `has_told`: whether this very run has got as far as telling before, and is only repeated. It begins none
    then: what it has told of is ended, where it is open, and reported again.
    `tell` is told what was found before the canary ends: whoever dies over it does not buy the set again.
    UsageError (`no_canary`); OverBudget before anything is bought, where it would not fit into the day; what
    the ledger raises for a provider that is away.
    """
    chosen = fixed_set(runtime)
    models = models_of(runtime)
    repeated = has_told()
    with runtime.record.writing() as session:
        limits.lock_budget(session)  # of two that begin at once the second goes on with the first's
        if repeated and not canaries.not_ended(session, set_digest=chosen.digest, models=models):
            ended = canaries.last_ended(session, set_digest=chosen.digest)
            if ended is not None:
                return _report(session, ended)
        canary = canaries.open_one(session, set_digest=chosen.digest, models=models)
        canary_id, begun = canary.id, bool(canary.measures)
    if not begun:
        check_budget_ahead(runtime, most_microusd(runtime, chosen))
    for photo in chosen.photos:
        draw_photo(runtime, canary_id, chosen, photo)
    with runtime.record.reading() as session:
        found = _report(session, canaries.get(session, canary_id))
    tell(found)
    with runtime.record.writing() as session:
        canaries.end(session, canary_id, drifted=len(found.drifted))
    if found.drifted:
        log.warning("the models have drifted", provider=runtime.image.name, count=len(found.drifted))
    return found


def models_of(runtime: Runtime) -> tuple[str, str, str, str]:
    """Who draws, and who looks: the image provider and its model, the vision provider and its model."""
    return runtime.image.name, runtime.image.model, runtime.vision.name, runtime.vision.model


def report_of(runtime: Runtime, *, canary: str, against: str = "") -> CanaryReport:
    """One canary beside another, or beside its history; each by the beginning or the end of its id.

    UsageError where an id is none, or not clear, or the two are not of one set.
    """
    with runtime.record.reading() as session:
        one = canaries.get(session, _find(session, canary))
        if not against:
            return _report(session, one)
        other = canaries.get(session, _find(session, against))
        if one.set_digest != other.set_digest:
            raise UsageError("These two have drawn other photos or styles: they can't be compared.")
        return _compared(one, [other])


def newest_canaries(runtime: Runtime, *, limit: int = 20) -> list[Canary]:
    """The newest canaries, the newest first."""
    with runtime.record.reading() as session:
        return canaries.newest(session, limit)


def _report(session: Session, canary: Canary) -> CanaryReport:
    return _compared(canary, canaries.before(session, canary, HISTORY))


def _compared(canary: Canary, history: list[Canary]) -> CanaryReport:
    past = [each.measures for each in history]
    return CanaryReport(
        canary_id=canary.id,
        models=_models(canary),
        pictures=len(canary.measures),
        measured=sum("code" not in each for each in canary.measures),
        compared_with=tuple(each.id for each in history),
        models_before=_models(history[0]) if history else None,
        not_comparable=not_comparable(canary.measures, past),
        changes=changes(canary.measures, past),
    )


def _models(canary: Canary) -> tuple[str, str]:
    return f"{canary.provider} {canary.model}", f"{canary.vision_provider} {canary.vision_model}"


def _find(session: Session, part: str) -> str:
    found = canaries.begins_with(session, part) if part else [each.id for each in canaries.newest(session, 1)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError("More than one canary is called so: give more of its id.")
    raise UsageError("There is no such canary. `storykin canary list` names them.")
