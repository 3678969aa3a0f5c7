"""What Today, Batches and Health show: sums of what the record knows, and slow looks from the background."""

import sys
from datetime import timedelta
from importlib.metadata import version

from db.engine import Session
from db.ids import utc_now
from db.models import BatchState, CharacterStatus, CustomerLink, LinkAnswer
from db.repositories import (
    batches,
    calls,
    character_counts,
    characters,
    customer_links,
    damages,
    review_queue,
    spending,
)
from db.repositories.spending import SumsAudit
from tasks.batch.forecast import Forecast, forecast
from tasks.batch.status import batch_status
from tasks.ledger.budget import spending_today
from tasks.settings import provider_settings
from tasks.storage.binding import look_at_binding
from ui.addresses import at
from ui.background_look import BackgroundLook, Seen
from ui.diagnosis.check_result import CheckResult
from ui.diagnosis.every_check import every_result
from ui.handlers.provider_status import provider_status
from ui.i18n import _, ngettext
from ui.security import MOUNT
from ui.services import StudioServices
from ui.views.costs import Budget
from ui.views.overview import (
    Answer,
    HealthPage,
    Invariant,
    RunningCharacter,
    TodayPage,
    Tonight,
    Waiting,
)
from ui.views.proof import REASON_WORDS
from ui.views.words import moment_words, status_words

MOST_RUNNING = 8  # named on the Today page; the list shows the others
MOST_ANSWERS, ANSWERS_FOR = 5, timedelta(days=7)  # of customers, shown on the Today page
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
        counts = character_counts.read(session)
        review = review_queue.count_waiting(session)
        unfavoured = review_queue.count_favourite_missing(session)
        to_change = customer_links.count_changes(session)
        with_customer = customer_links.count_waiting(session)
        expired = customer_links.count_expired(session)
        asking = customer_links.count_asking_consent(session)
        answers = _answers(session)
        unknown = calls.count_unknown(session)
        running = characters.under_way(session, limit=MOST_RUNNING)
        newest = batches.newest(session, 1)
        at_work = [each for each in newest if each.state in (BatchState.PLANNED, BatchState.RUNNING)]
        batch = batch_status(session, at_work[0]) if at_work else None
        spending = spending_today(session)
    active = (CharacterStatus.QUEUED, CharacterStatus.PROFILING, CharacterStatus.ILLUSTRATING)
    return TodayPage(
        waiting=(
            *_of_customers(to_change, with_customer, expired),
            _of_consents(asking),
            *_waiting(review, unfavoured, counts, unknown),
        ),
        answers=answers,
        running=tuple(
            RunningCharacter(each.id, each.called, status_words(each.status), each.status_at)
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


def health_page(services: StudioServices, looks: Looks, *, anew: bool = False) -> HealthPage:
    """The last look at everything; a new one begins where that is old. RecordError."""
    seen = looks.doctor.last(anew=anew)
    with services.record.reading() as session:
        audited = spending.last_audit(session)
        damaged = damages.count(session)
        providers = provider_status(session, services.runtime)
    bound = look_at_binding(services.runtime)
    return HealthPage(
        results=tuple(seen.value or ()),
        invariants=(
            Invariant(
                _("Every cent is counted once"),
                audited is None or audited.agrees,
                _audit_words(audited),
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


def _audit_words(audited: SumsAudit | None) -> str:
    if audited is None:
        return _("Every night these sums are added up again from the calls; that was not done yet.")
    if audited.agrees:
        return _(
            "Added up again from the calls at %(moment)s: every sum came to the same.",
            moment=moment_words(audited.at),
        )
    return _(
        "Sums differ from the calls: have them made anew by `storykin costs --count-anew`, and report it."
    )


def _answers(session: Session) -> tuple[Answer, ...]:
    """What customers have said lately, the newest first."""
    links = customer_links.newest_answers(session, since=utc_now() - ANSWERS_FOR, limit=MOST_ANSWERS)
    cards = characters.cards_of(session, [link.character_id for link in links])
    known = {each.id: each.name for each in cards}
    return tuple(
        Answer(each.character_id, known[each.character_id], _answer_words(each), each.answered_at)
        for each in links
        if each.character_id in known and each.answered_at
    )


def _answer_words(link: CustomerLink) -> str:
    if link.answer is LinkAnswer.APPROVED:
        return _("has approved a picture")
    if link.answer is LinkAnswer.CONSENTED:
        return _("has given consent")
    if link.answer is LinkAnswer.REFUSED:
        return _("does not consent")
    return _("asks for a change: %(reason)s", reason=_(REASON_WORDS.get(link.reason or "", "")))


def _of_customers(to_change: int, waiting: int, expired: int) -> tuple[Waiting, ...]:
    late = ngettext("%(num)s link has expired: renew it.", "%(num)s links have expired: renew them.", expired)
    return (
        Waiting(
            "change",
            _("Change asked for"),
            _("The customer has looked, and wants something changed."),
            to_change,
            at(f"{MOUNT}/?show=change"),
            "needs_attention",
        ),
        Waiting(
            "customer",
            _("Waiting for the customer"),
            late if expired else _("A link is out, and the answer has not come yet."),
            waiting,
            at(f"{MOUNT}/?show=customer"),
            "queued",
        ),
    )


def _of_consents(asking: int) -> Waiting:
    return Waiting(
        "consent",
        _("Waiting for a consent"),
        _("Asked for by a link, and not answered yet."),
        asking,
        at(f"{MOUNT}/privacy"),
        "queued",
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
            at(f"{MOUNT}/review"),
            "illustrating",
        ),
        Waiting(
            "attention",
            _("Needs attention"),
            _("Something only a person can answer: a photo, a face, a refusal."),
            attention,
            at(f"{MOUNT}/?status=needs_attention"),
            "needs_attention",
        ),
        Waiting(
            "unfavoured",
            _("Favourite missing"),
            _("There are pictures, and none is the favourite yet."),
            unfavoured,
            at(f"{MOUNT}/?show=unfavoured"),
            "queued",
        ),
        Waiting(
            "failed",
            _("Failed"),
            _("The run ended without its pictures. The nightly batch tries again."),
            failed,
            at(f"{MOUNT}/?status=failed"),
            "failed",
        ),
        Waiting(
            "unknown",
            _("Possibly paid"),
            _("A request left and no answer came. It is not sent again before it is settled."),
            unknown,
            at(f"{MOUNT}/costs"),
            "needs_attention",
        ),
    )
