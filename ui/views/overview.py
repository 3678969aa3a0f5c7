"""The pages that show the whole: Today, Batches, Health, Help."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tasks.batch.status import BatchStatus
from ui.diagnosis.check_result import CheckResult, Level
from ui.i18n import N_
from ui.views import batches
from ui.views.costs import Budget, standing_words
from ui.views.providers import ProviderStatus
from ui.views.templates import render
from ui.views.words import provider_label


@dataclass(frozen=True)
class Waiting:
    """One kind of work for a person: how much of it, and where. `tone` is a pill's, where there is some."""

    name: str
    title: str
    sentence: str
    count: int
    address: str
    tone: str


@dataclass(frozen=True)
class Answer:
    """What a customer has said of a character."""

    character_id: str
    name: str
    words: str
    at: datetime


@dataclass(frozen=True)
class RunningCharacter:
    """A character that a run is on."""

    character_id: str
    name: str
    status: str
    since: datetime


@dataclass(frozen=True)
class Tonight:
    """What the next nightly batch will do at most; `room_microusd` is None without a budget."""

    pictures: int
    characters: int
    most_microusd: int
    room_microusd: int | None


@dataclass(frozen=True)
class TodayPage:
    """Everything that the Today page shows."""

    waiting: tuple[Waiting, ...]
    running: tuple[RunningCharacter, ...]
    running_count: int
    batch: BatchStatus | None
    tonight: Tonight | None  # None while it is being counted
    budget: Budget
    timezone: str
    answers: tuple[Answer, ...] = ()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing waits for anybody."""
        return not any(each.count for each in self.waiting)


@dataclass(frozen=True)
class Invariant:
    """Something that must always be true, whether it is, and what it means when it is not."""

    name: str
    holds: bool
    sentence: str


@dataclass(frozen=True)
class HealthPage:
    """The last look at everything; no `results` yet means that the first one is under way."""

    results: tuple[CheckResult, ...]
    invariants: tuple[Invariant, ...]
    providers: tuple[ProviderStatus, ...]
    versions: tuple[tuple[str, str], ...]
    age_seconds: int
    looking: bool

    @property
    def broken(self) -> int:
        """How many things need a hand."""
        return sum(not each.ok for each in self.results) + sum(not each.holds for each in self.invariants)


LEVEL_WORDS = {Level.OK: N_("fine"), Level.WARNING: N_("look"), Level.PROBLEM: N_("broken")}
_WORST_FIRST = (Level.PROBLEM, Level.WARNING, Level.OK)
LEVEL_TONES = {Level.OK: "ready", Level.WARNING: "needs_attention", Level.PROBLEM: "failed"}


def overview_shell_html(name: str, *, offers_tour: bool = False) -> str:
    """The place that `ui/static/overview.js` fills from `/fragments/{name}`; above it, maybe, the tour."""
    return render("overview_shell.html", name=name, offers_tour=offers_tour)


def today_html(page: TodayPage) -> str:
    """What waits, what runs, tonight, and today's money."""
    return render("today.html", page=page, budget=page.budget, batches=batches)


def batches_html(lines: Sequence[BatchStatus], tonight: Tonight | None) -> str:
    """The newest batches, newest first."""
    return render("batches.html", lines=lines, tonight=tonight, batches=batches)


def health_html(page: HealthPage) -> str:
    """Every look's result, the worst first, the invariants, the providers and the versions."""
    return render(
        "health.html",
        results=sorted(page.results, key=lambda each: _WORST_FIRST.index(each.level)),
        page=page,
        level_words=LEVEL_WORDS,
        level_tones=LEVEL_TONES,
        provider_label=provider_label,
        standing_words=standing_words,
    )


def help_html() -> str:
    """What an operator has to know."""
    return render("help.html")
