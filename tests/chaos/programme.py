"""Everything that `make chaos` plays, as values that can be handed to another process."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tests.chaos import restores, scenarios
from tests.chaos.checker import Verdict
from tests.chaos.clocks import libfaketime
from tests.chaos.crash_points import CANCEL, EDITS, HOOK, HOUSEKEEPING, IMAGE, INSIDE, POINTS
from tests.chaos.lies import EDIT_LIES, LIES
from tests.chaos.scenarios import Set

FREEZES = (
    *(point for point in IMAGE if not point.endswith("before")),
    *("vision.claim.after", "vision.sending.after", "vision.answered"),
    *INSIDE,
)
# What was under way there is in the store alone when the record goes back to before it.
RESTORED_AT = ("image.answered", "image.accepted.after", "image.put.after", "image.recorded.after")
WEBHOOKS = {
    "forged webhooks": ("webhook_forged",),
    "webhooks twice": ("webhook_twice",),
    "webhooks in the wrong order": ("webhook_reordered",),
    "webhooks twice and in the wrong order": ("webhook_twice", "webhook_reordered"),
}


@dataclass(frozen=True)
class Act:
    """One scenario: what is done, on which database, and whether the promise is broken on purpose."""

    title: str
    name: str  # of a function in ACTS
    given: tuple[str, ...] = ()
    workers: int = 1
    database: str = "sqlite"
    mutation: str = ""

    @property
    def can_be_played(self) -> bool:
        """Whether what it needs is on this machine."""
        return self.name not in CLOCKS_GO_WRONG or libfaketime() is not None

    def play(self, stage_set: Set) -> Verdict:
        """Do it, and count. What was waited for in vain is a complaint like any other."""
        mutated = Set(replace(stage_set.scene, mutation=self.mutation), stage_set.cloud)
        try:
            verdict = ACTS[self.name](mutated, self)
        except AssertionError as error:
            return Verdict(complaints=(f"{self.title}: {error}",))
        return verdict if verdict.struck else verdict + Verdict(complaints=("nobody was struck",))


CLOCKS_GO_WRONG = {"wrong clock", "clock jumps", "one budget", "provider's clock"}
ACTS: dict[str, Callable[[Set, Act], Verdict]] = {
    "killed": lambda stage_set, act: scenarios.killed_at(stage_set, *act.given, workers=act.workers),
    "called off": lambda stage_set, act: scenarios.called_off_at(stage_set, *act.given, workers=act.workers),
    "house kept": lambda stage_set, act: scenarios.house_kept_until(
        stage_set, *act.given, workers=act.workers
    ),
    "hooked": lambda stage_set, act: scenarios.hooked_until(stage_set, *act.given, workers=act.workers),
    "told": lambda stage_set, act: scenarios.hooked_until(stage_set, "", *act.given),
    "frozen": lambda stage_set, act: scenarios.frozen_at(stage_set, *act.given),
    "killed, edits": lambda stage_set, act: scenarios.killed_at(
        stage_set.drawn_by(scenarios.EDITS), *act.given, workers=act.workers
    ),
    "frozen, edits": lambda stage_set, act: scenarios.frozen_at(
        stage_set.drawn_by(scenarios.EDITS), *act.given
    ),
    "lied to, edits": lambda stage_set, act: scenarios.lied_to(
        stage_set.drawn_by(scenarios.EDITS), EDIT_LIES[act.given[0]]
    ),
    "lied to": lambda stage_set, act: scenarios.lied_to(stage_set, LIES[act.given[0]]),
    "frozen, here": lambda stage_set, act: scenarios.frozen_at(stage_set, *act.given, here=True),
    "frozen, same run": lambda stage_set, act: scenarios.frozen_at(stage_set, *act.given, same_run=True),
    "late": lambda stage_set, _act: scenarios.arriving_late(stage_set),
    "restored": lambda stage_set, act: restores.restored_after(stage_set, *act.given),
    "two on one store": lambda stage_set, _act: restores.two_on_one_store(stage_set),
    "wrong clock": lambda stage_set, act: scenarios.slow_beside_a_wrong_clock(stage_set, *act.given),
    "clock jumps": lambda stage_set, act: scenarios.clock_jumps(stage_set, *act.given),
    "one budget": lambda stage_set, act: scenarios.budget_of_one_day(stage_set, *act.given),
    "provider's clock": lambda stage_set, act: scenarios.killed_beside_a_provider_with_another_clock(
        stage_set, *act.given
    ),
}

# Ordinary acts, which share nothing.
_KILLINGS = (
    ("killed", "kill -9 at {}", POINTS),
    ("killed, edits", "kill -9 at {}, drawn by OpenAI", EDITS),
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
        for point in ("image.unkept", "image.answered"):
            yield Act(f"frozen at {point}, drawn by OpenAI", "frozen, edits", (point,), 1, database)
        for point in INSIDE:
            yield Act(f"frozen at {point}, its run gone on with", "frozen, same run", (point,), 1, database)
            yield Act(f"frozen at {point}, before our eyes", "frozen, here", (point,), 1, database)
        yield Act("the record of an hour ago is put back", "restored", (), 1, database)
        for point in RESTORED_AT:
            yield Act(f"killed at {point}, and the record put back", "restored", (point,), 1, database)
        yield Act("an empty record on a full store", "two on one store", (), 1, database)
        yield Act("a request that arrives late", "late", (), 1, database)
        for title, faults in WEBHOOKS.items():
            yield Act(title, "told", faults, 1, database)
    for number, title in enumerate(LIES):  # what is made of a lie has nothing to do with the database
        yield Act(title, "lied to", (title,), 1, ("sqlite", "postgres")[number % 2])
    for number, title in enumerate(EDIT_LIES):
        yield Act(title, "lied to, edits", (title,), 1, ("sqlite", "postgres")[number % 2])

    yield from _wrong_clocks()


def _wrong_clocks() -> Iterator[Act]:
    """Two machines over one Postgres, one machine whose clock is set, a provider with a clock of its own."""
    for offset, whose in (
        ("+20m", "house"),
        ("+2d", "house"),
        ("-20m", "house"),
        ("+20m", "worker"),
        ("-2d", "worker"),
    ):
        title = f"a slow create, the clock of its {whose} at {offset}"
        yield Act(title, "wrong clock", (offset, whose), 1, "postgres")
    for offset in ("+2h", "-2h"):
        for database in ("sqlite", "postgres"):
            yield Act(f"the clock jumps by {offset} in mid-call", "clock jumps", (offset,), 1, database)
        yield Act(f"the provider's clock at {offset}", "provider's clock", (offset,), 1, "sqlite")
    offsets = ("-2d", "+0", "+2d")
    yield Act("one budget for clocks days apart", "one budget", offsets, 1, "postgres")


def mutants() -> Iterator[Act]:
    """The promise broken in each way there is, where that should show."""
    for mutation, name, given in (
        ("fence clause removed", "frozen", ("image.sending.after",)),
        ("SDK retries on", "lied to", ("responses taken, cut by the way",)),
        ("SDK retries on", "lied to, edits", ("edits taken, cut by the way",)),
        ("unknown sent again", "killed", ("vision.answered",)),
        ("lease not checked before sending", "frozen, same run", ("image.handed",)),
        ("last check not made", "frozen", ("image.handed",)),
        ("last check not made", "frozen", ("vision.scaled",)),
        ("absence believed at once", "late", ()),
        ("work key with the run in it", "killed", ("image.accepted.after",)),
        ("webhook signature unchecked", "told", ("webhook_forged",)),
        ("row before its bytes", "killed", ("image.recorded.after",)),
        ("answers not kept", "killed, edits", ("image.accepted.after",)),
        ("bytes not compared", "killed", ("image.recorded.after",)),
        ("price forgotten", "killed", ("image.recorded.after",)),
        ("store not asked", "restored", ()),
        ("sending not noted in the store", "restored", ("image.answered",)),
        ("cheap looks booked at nothing", "killed", ("vision.answered",)),
    ):
        yield Act(mutation, name, given, mutation=mutation)
    compared = "clocks of machines compared"
    yield Act(compared, "wrong clock", ("+20m", "house"), database="postgres", mutation=compared)
    yield Act(compared, "one budget", ("-2d", "+0", "+2d"), database="postgres", mutation=compared)
    unasked = "provider's clock not asked"
    yield Act(unasked, "provider's clock", ("-2h",), mutation=unasked)
