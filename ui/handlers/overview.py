"""What Today, Batches and Health show: sums of what the record knows, and slow looks from the background."""

import sys
from importlib.metadata import version

from db.models import Batch, BatchItemState, BatchState, CallState, CharacterStatus
from db.repositories import batches, call_sums, characters, damages, review_queue
from tasks.batch.forecast import Forecast, forecast
from tasks.ledger.budget import spending_today
from tasks.settings import provider_settings
from tasks.storage.binding import look_at_binding
from ui.background_look import BackgroundLook, Seen
from ui.diagnosis.check_result import CheckResult
from ui.diagnosis.every_check import every_result
from ui.handlers.provider_status import provider_status
from ui.i18n import _
from ui.security import MOUNT
from ui.services import StudioServices
from ui.views.costs import Budget
from ui.views.overview import (
    BatchLine,
    HealthPage,
    Invariant,
    RunningCharacter,
    TodayPage,
    Tonight,
    Waiting,
)
from ui.views.words import status_words

MOST_RUNNING = 8  # named on the Today page; the list shows the others
MOST_BATCHES = 20
DOCTOR_FRESH = 300.0  # seconds
FORECAST_FRESH = 60.0  # seconds
PARTS = ("storykin", "prefect", "gradio", "sqlalchemy", "pillow")


class Looks:
    """The slow looks of one studio."""

    def __init__(self, services: StudioServices) -> None:
        self.doctor: BackgroundLook[list[CheckResult]] = BackgroundLook(every_result, fresh=DOCTOR_FRESH)
        self.forecast: BackgroundLook[Forecast] = BackgroundLook(
            lambda: forecast(services.runtime), fresh=FORECAST_FRESH
        )


def today_page(services: StudioServices, looks: Looks) -> TodayPage:
    """The Today page, in a fixed number of statements. RecordError."""
    runtime = services.runtime
    with services.record.reading() as session:
        counts = characters.counts(session)
        review = review_queue.count_waiting(session)
        unfavoured = review_queue.count_favourite_missing(session)
        unknown = call_sums.by_state(session)[CallState.UNKNOWN].calls
        running = characters.under_way(session, limit=MOST_RUNNING)
        newest = batches.newest(session, 1)
        at_work = [each for each in newest if each.state in (BatchState.PLANNED, BatchState.RUNNING)]
        batch = (
            _line(
                at_work[0],
                batches.progress(session, at_work[0].id),
                batches.spent_microusd(session, at_work[0].id),
            )
            if at_work
            else None
        )
        spending = spending_today(session)
    active = (CharacterStatus.QUEUED, CharacterStatus.PROFILING, CharacterStatus.ILLUSTRATING)
    return TodayPage(
        waiting=_waiting(review, unfavoured, counts, unknown),
        running=tuple(
            RunningCharacter(each.id, each.name, status_words(each.status), each.status_at)
            for each in running
        ),
        running_count=sum(counts[each] for each in active),
        batch=batch,
        tonight=tonight(services, looks),
        budget=Budget(spending, runtime.daily_budget_microusd, runtime.run_cap_microusd),
        timezone=provider_settings().timezone,
    )


def tonight(services: StudioServices, looks: Looks) -> Tonight | None:
    """What the next batch will do at most, as counted within the last minute; None before the first count."""
    seen: Seen[Forecast] = looks.forecast.last()
    if seen.value is None:
        return None
    known = seen.value
    budget = services.runtime.daily_budget_microusd
    return Tonight(known.pictures, known.characters, known.most_microusd, budget)


def batch_lines(services: StudioServices) -> list[BatchLine]:
    """The newest batches with progress and money. RecordError."""
    with services.record.reading() as session:
        return [
            _line(each, batches.progress(session, each.id), batches.spent_microusd(session, each.id))
            for each in batches.newest(session, MOST_BATCHES)
        ]


def health_page(services: StudioServices, looks: Looks, *, anew: bool = False) -> HealthPage:
    """The last look at everything; a new one begins where that is old. RecordError."""
    seen = looks.doctor.last(anew=anew)
    with services.record.reading() as session:
        agrees = call_sums.audit(session).agrees
        damaged = len(damages.every(session))
        providers = provider_status(session, services.runtime)
    bound = look_at_binding(services.runtime)
    return HealthPage(
        results=tuple(seen.value or ()),
        invariants=(
            Invariant(
                _("Every cent is counted once"),
                agrees,
                _("Money added up by call, by style and by character comes to the same.")
                if agrees
                else _("Money added up in different ways differs: don't trust the sums, and report it."),
            ),
            Invariant(
                _("Pictures are as they were kept"),
                damaged == 0,
                _("No photo or picture is known to be damaged or missing.")
                if damaged == 0
                else _("%(count)s are damaged or missing, and are not shown or used.", count=damaged),
            ),
            Invariant(_("The database and the store belong together"), bound.ok, _(bound.sentence)),
        ),
        providers=providers,
        versions=(("Python", sys.version.split()[0]), *((each, version(each)) for each in PARTS)),
        age_seconds=int(seen.age_seconds),
        looking=seen.looking,
    )


def _waiting(
    review: int, unfavoured: int, counts: dict[CharacterStatus, int], unknown: int
) -> tuple[Waiting, ...]:
    attention, failed = counts[CharacterStatus.NEEDS_ATTENTION], counts[CharacterStatus.FAILED]
    return (
        Waiting(
            "review",
            _("Waiting for review"),
            _("New pictures that nobody has decided about."),
            review,
            f"{MOUNT}/review",
            "illustrating",
        ),
        Waiting(
            "attention",
            _("Needs attention"),
            _("Something only a person can answer: a photo, a face, a refusal."),
            attention,
            f"{MOUNT}/?status=needs_attention",
            "needs_attention",
        ),
        Waiting(
            "unfavoured",
            _("Favourite missing"),
            _("There are pictures, and none is the favourite yet."),
            unfavoured,
            f"{MOUNT}/?show=unfavoured",
            "queued",
        ),
        Waiting(
            "failed",
            _("Failed"),
            _("The run ended without its pictures. The nightly batch tries again."),
            failed,
            f"{MOUNT}/?status=failed",
            "failed",
        ),
        Waiting(
            "unknown",
            _("Possibly paid"),
            _("A request left and no answer came. It is not sent again before it is settled."),
            unknown,
            f"{MOUNT}/costs",
            "needs_attention",
        ),
    )


def _line(batch: Batch, progress: dict[BatchItemState, int], spent: int) -> BatchLine:
    state = BatchItemState
    return BatchLine(
        id=batch.id,
        state=batch.state,
        created_at=batch.created_at,
        started_at=batch.started_at,
        ended_at=batch.ended_at,
        planned=sum(progress.values()),
        done=progress[state.DONE],
        skipped=progress[state.SKIPPED],
        failed=progress[state.FAILED],
        left=progress[state.PENDING] + progress[state.RUNNING],
        planned_microusd=int(batch.plan.get("microusd", 0)),
        spent_microusd=spent,
        budget_microusd=batch.budget_microusd,
        left_out=int(batch.plan.get("left_out", 0)),
        for_a_person=int(batch.plan.get("for_a_person", 0)),
    )
