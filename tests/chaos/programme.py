"""Everything that `make chaos` plays, as values that can be handed to another process."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tests.chaos import scenarios
from tests.chaos.checker import Verdict
from tests.chaos.crash_points import CANCEL, HOOK, HOUSEKEEPING, IMAGE, POINTS
from tests.chaos.scenarios import Set

# A worker can be frozen at any edge but inside the one request itself.
FREEZES = tuple(point for point in IMAGE if not point.endswith(("answered", "before")))


@dataclass(frozen=True)
class Act:
    """One scenario: what is done, on which database, and whether the promise is broken on purpose."""

    title: str
    name: str  # of a function in ACTS
    given: tuple[str, ...] = ()
    workers: int = 1
    database: str = "sqlite"
    mutation: str = ""

    def play(self, stage_set: Set) -> Verdict:
        """Do it, and count. What was waited for in vain is a complaint like any other."""
        mutated = Set(replace(stage_set.scene, mutation=self.mutation), stage_set.cloud)
        try:
            return ACTS[self.name](mutated, self)
        except AssertionError as error:
            return Verdict(complaints=(f"{self.title}: {error}",))


def _disturbed(stage_set: Set, act: Act) -> Verdict:
    operation, when = act.given
    return scenarios.disturbed(
        stage_set, lambda: stage_set.cloud.fault("drop", when=when, operation=operation, count=1)
    )


ACTS: dict[str, Callable[[Set, Act], Verdict]] = {
    "killed": lambda stage_set, act: scenarios.killed_at(stage_set, *act.given, workers=act.workers),
    "called off": lambda stage_set, act: scenarios.called_off_at(stage_set, *act.given, workers=act.workers),
    "house kept": lambda stage_set, act: scenarios.house_kept_until(
        stage_set, *act.given, workers=act.workers
    ),
    "hooked": lambda stage_set, act: scenarios.hooked_until(stage_set, *act.given, workers=act.workers),
    "forged": lambda stage_set, _act: scenarios.hooked_until(stage_set, "", webhook_forged=True),
    "frozen": lambda stage_set, act: scenarios.frozen_at(stage_set, *act.given),
    "cut": _disturbed,
    "late": lambda stage_set, _act: scenarios.arriving_late(stage_set),
}

# Ordinary acts, which share nothing.
_KILLINGS = (
    ("killed", "kill -9 at {}", POINTS),
    ("called off", "kill -9 at {}", CANCEL),
    ("house kept", "kill -9 of housekeeping at {}", HOUSEKEEPING),
    ("hooked", "kill -9 of the studio at {}", HOOK),
)


def programme() -> Iterator[Act]:
    """Every act on every database."""
    for database in ("sqlite", "postgres"):
        for workers in (1, 3):
            for name, title, points in _KILLINGS:
                for point in points:
                    yield Act(f"{title.format(point)}, {workers} at work", name, (point,), workers, database)
        for point in FREEZES:
            yield Act(f"frozen at {point}", "frozen", (point,), 1, database)
        for operation in ("create", "responses"):
            for when in ("before", "after"):
                yield Act(f"{operation} cut {when} acceptance", "cut", (operation, when), 1, database)
        yield Act("a request that arrives late", "late", (), 1, database)
        yield Act("forged webhooks", "forged", (), 1, database)


def mutants() -> Iterator[Act]:
    """The promise broken in each way there is, where that should show."""
    for mutation, name, given in (
        ("fence clause removed", "frozen", ("image.sending.after",)),
        ("SDK retries on", "cut", ("responses", "after")),
        ("unknown sent again", "killed", ("vision.answered",)),
        ("lease not checked before sending", "frozen", ("image.sending.after",)),
        ("absence believed at once", "late", ()),
        ("work key with the run in it", "killed", ("image.accepted.after",)),
        ("webhook signature unchecked", "forged", ()),
        ("row before its bytes", "killed", ("image.recorded.after",)),
        ("bytes not compared", "killed", ("image.recorded.after",)),
        ("price forgotten", "killed", ("image.recorded.after",)),
    ):
        yield Act(mutation, name, given, mutation=mutation)
