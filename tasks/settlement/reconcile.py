"""Reconciliation: what became of a call that left and was not answered, and the settlement of it.

Three places tell: the picture in our own store, the provider's books, a webhook. Only a sure thing
settles a call; what is not sure leaves it unknown, possibly paid, for a person.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from db.engine import Session
from db.errors import IllegalStep, NotFound
from db.event_kinds import EventKind
from db.log import Log
from db.models import AssetKind, CallKind, CallState, ProviderCall
from db.repositories import assets, calls, clock, events, late_answers, prompts
from db.repositories.calls import CallColumns
from db.told import told
from tasks.errors import StorykinError
from tasks.illustrate import illustrate
from tasks.ledger.in_flight import request_is_over
from tasks.ledger.late_result import BOUGHT_AGAIN, OPENED_AGAIN, record_late_attempt, record_late_result
from tasks.photo.pixels import picture_size
from tasks.process_identity import is_gone
from tasks.providers.protocols import StoredObject
from tasks.providers.request_history import ProviderOutcome, ProviderRecord, RequestHistory, Search
from tasks.runtime import Runtime
from tasks.storage.persist_output import EXTENSIONS, picture_key
from tasks.storage.receipts import find_receipt
from tasks.write_prompt import PictureWork

log = Log("reconcile")

NEVER_ARRIVED = "The provider's books, read to the end, show no such request: nothing was bought."
TO_BE_SHOWN = told("“Try again” shows it, at no further cost.")
_CONCLUSIVE = (ProviderOutcome.ALIVE, ProviderOutcome.REFUSED, ProviderOutcome.LOST)


@dataclass(frozen=True)
class ReconcileRules:
    """When a request that is missing from the provider's books was never there: when it was missing twice,
    `grace` apart, so that it has had time to appear; and until `window` after it was over the books still
    show what each request was for.

    Evidence is looked for in every round until `eager` after the request was over, then less and less often
    (of a call ten times as old in every tenth round), and after `until` once more, whenever that is possible.
    """

    grace: timedelta = timedelta(minutes=10)
    window: timedelta = timedelta(minutes=50)
    eager: timedelta = timedelta(days=1)
    until: timedelta = timedelta(days=30)


@dataclass(frozen=True)
class Settlement:
    """How an unknown call ended, and by which evidence: store, books or webhook."""

    call_id: str
    character_id: str | None
    state: CallState
    by: str
    sentence: str  # the same in words


def settle_unknown_calls(
    runtime: Runtime, *, rules: ReconcileRules | None = None, every: bool = True
) -> list[Settlement]:
    """Look for evidence of every unknown call, and of those whose absence was believed; carry on with what
    turns out to be accepted. Without `every`, of those whose turn it is by `rules`.
    """
    rules = rules or ReconcileRules()
    with runtime.record.reading() as session:
        unknown = calls.unknown(session, given_up=every)
        ages = {call.id: calls.age(session, call.id) for call in unknown}
        waiting = [call for call in unknown if every or _is_in_turn(ages[call.id], rules)]
        waiting += late_answers.closed_by_absence(session, rules.window)
    settled = []
    for call in waiting:
        found, looked = _looked(runtime, call, rules)
        if found is not None:
            settled.append(found)
            resume_call(runtime, call.id)
        elif looked and not every and ages.get(call.id, timedelta(0)) > rules.until:
            _give_up(runtime, call.id)
    return settled


def _is_in_turn(age: timedelta, rules: ReconcileRules) -> bool:
    """By chance, so that nobody has to keep when each was looked for; one too old is, until that can be done,
    for the last time.
    """
    return age > rules.until or random.random() * age < rules.eager


def _give_up(runtime: Runtime, call_id: str) -> None:
    """Leave the call to a person, who can still have it looked for, and say so where it is shown."""
    with runtime.record.writing() as session:
        call = calls.lock(session, call_id)
        if call.state is not CallState.UNKNOWN or call.given_up_at is not None:
            return
        call.given_up_at = clock.now(session)
        if call.character_id is not None:
            events.add(
                session,
                kind=EventKind.CALL_GIVEN_UP,
                actor="system",
                message=EventKind.CALL_GIVEN_UP.sentence,
                character_id=call.character_id,
                data={"call_id": call.id},
            )
    log.warning("no evidence found, left to a person", call_id=call_id)


def settle_call(runtime: Runtime, call_id: str) -> Settlement | None:
    """What evidence settles of this call, now; None where there is none, or it is not unknown. NotFound."""
    with runtime.record.reading() as session:
        call = calls.get(session, call_id)
    if call.state is not CallState.UNKNOWN:
        return None
    return _looked(runtime, call, ReconcileRules())[0]


def _looked(runtime: Runtime, call: ProviderCall, rules: ReconcileRules) -> tuple[Settlement | None, bool]:
    """What evidence settles of the call, and whether all that may hold any could be looked at: not while the
    provider of a picture is away, or not in use.
    """
    try:
        found = _by_store(runtime, call) if call.state is CallState.UNKNOWN else None
        found = found or _by_history(runtime, call, rules)
    except StorykinError as error:
        log.warning("no evidence yet", call_id=call.id, code=error.code)
        return None, False
    except IllegalStep:
        return None, False  # someone else has settled it meanwhile
    return found, call.kind is not CallKind.IMAGE or runtime.find_image(call.provider) is not None


def settle_by_provider_record(
    runtime: Runtime,
    call_id: str,
    found: ProviderRecord,
    *,
    by: str = "webhook",
    provider: str | None = None,
) -> Settlement | None:
    """Settle a call by what its provider shows of one request; None where that settles nothing.

    Harmless for a call that is not unknown, does not exist, or made another request; repeated, it settles
    once. `provider` is whose word it is, where `call_id` does not say: none has a say in calls to another.
    """
    try:
        with runtime.record.writing() as session:
            calls.get(session, call_id)
            call = calls.lock(session, call_id)
            if provider not in (None, call.provider) or not _is_about(session, call, found):
                return None
            if call.state is CallState.SENDING:
                if found.outcome is ProviderOutcome.ALIVE:
                    calls.record_provider_id(session, call_id=call.id, provider_id=found.provider_id)
                return None
            if call.state is not CallState.UNKNOWN:
                return _by_late_word(session, call, found, by)
            if not _is_sure(call, found) or (end := _end_of(call, found)) is None:
                return None
            return _settle(session, call, end[0], by, end[1])
    except (NotFound, IllegalStep):
        return None


def _by_late_word(session: Session, call: ProviderCall, found: ProviderRecord, by: str) -> Settlement | None:
    """The provider has a request that the record holds for never bought: what had closed it was wrong."""
    bought = found.outcome in (ProviderOutcome.ALIVE, ProviderOutcome.LOST)
    if not bought or found.provider_id == call.provider_id:
        return None
    if not late_answers.is_closed_unbought(call):
        record_late_attempt(session, call, found.provider_id)
        return None
    end = _end_of(call, found)
    assert end is not None  # it is no attempt that is kept apart
    state, columns = end
    opened = late_answers.reopen(session, call_id=call.id, to=state, **columns)
    record_late_result(session, opened, OPENED_AGAIN)
    return Settlement(call.id, call.character_id, state, by, _settled_words(state, columns))


def resume_call(runtime: Runtime, call_id: str) -> str | None:
    """Fetch the picture of an accepted call that nobody is on; its asset's id, or None. Never buys one."""
    try:
        work = _left_behind(runtime, call_id)
        return illustrate(replace(runtime, may_spend=lambda: False), work) if work is not None else None
    except (StorykinError, NotFound) as error:
        log.warning("not resumed", call_id=call_id, code=getattr(error, "code", "not_found"))
        return None


def collect_orphaned_outputs(runtime: Runtime) -> int:
    """Fetch the pictures that were ordered and that no live worker fetches; how many are here now.

    Their run has ended, or its machine has, and their addresses expire within the hour.
    """
    with runtime.record.reading() as session:
        waiting = calls.stuck(session)
    fetched = [call for call in waiting if resume_call(runtime, call.id) is not None]
    with runtime.record.writing() as session:
        for call in fetched:
            events.add(
                session,
                kind=EventKind.CALL_FETCHED,
                actor="system",
                message=told("A picture that was ordered before is here. %(next)s", next=TO_BE_SHOWN),
                character_id=call.character_id,
                data={"call_id": call.id},
            )
    return len(fetched)


def _left_behind(runtime: Runtime, call_id: str) -> PictureWork | None:
    """The work of an accepted picture that no live worker holds. Raises NotFound."""
    with runtime.record.reading() as session:
        call = calls.get(session, call_id)
        if call.kind is not CallKind.IMAGE or call.state not in (CallState.ACCEPTED, CallState.DELIVERED):
            return None
        if runtime.find_image(call.provider) is None:  # others are in use now, and can't fetch it
            return None
        if calls.is_live(call, clock.read(session)) and not is_gone(call.lease_owner):
            return None
        if call.character_id is None or call.prompt_artifact_id is None:
            return None
        style = prompts.get(session, call.prompt_artifact_id).style or ""
    # `ordinal` has done its work in the work key.
    return PictureWork(call.character_id, call.prompt_artifact_id, call.work_key, style, 1, call.provider)


def _by_store(runtime: Runtime, call: ProviderCall) -> Settlement | None:
    """The picture is in our store: someone stored it and died before saying so."""
    if call.kind is not CallKind.IMAGE:
        return None
    kept = next(_kept(runtime, call), None)
    if kept is None:
        return None
    width, height = picture_size(runtime.store.get(kept.key))
    receipt = find_receipt(runtime.store, call.work_key)
    price = receipt.price_microusd if receipt else None
    with runtime.record.writing() as session:
        asset = assets.ensure(
            session,
            kind=AssetKind.VARIANT,
            storage_key=kept.key,
            sha256=kept.sha256,
            content_type=kept.content_type,
            size_bytes=kept.size,
            width=width,
            height=height,
            prompt_artifact_id=call.prompt_artifact_id,
        )
        columns: CallColumns = {
            "asset_id": asset.id,
            "actual_microusd": call.estimate_microusd if price is None else price,
        }
        provider_id = receipt.provider_id if receipt else None
        if provider_id and calls.by_provider_id(session, call.provider, provider_id) is None:
            columns["provider_id"] = provider_id  # who bought it and was frozen since has bought nothing else
        return _settle(session, call, CallState.STORED, "store", columns)


def _kept(runtime: Runtime, call: ProviderCall) -> Iterator[StoredObject]:
    for extension in EXTENSIONS.values():
        found = runtime.store.head(picture_key(call.work_key, extension))
        if found is not None:
            yield found


def _by_history(runtime: Runtime, call: ProviderCall, rules: ReconcileRules) -> Settlement | None:
    """The provider's books, if it keeps any and it is still the provider we use. Raises NotReady."""
    provider = runtime.find_image(call.provider)
    if call.kind is not CallKind.IMAGE or provider is None:
        return None
    answer_seconds, history = provider.answer_seconds, provider
    if not isinstance(history, RequestHistory):
        return None
    if call.provider_id is not None:  # a webhook was here before the call became unknown
        found = history.find_request(call.provider_id)
        if found is not None and (found.outcome in _CONCLUSIVE or call.attempt_of is not None):
            return settle_by_provider_record(runtime, call.id, found, by="books")
    if call.sent_at is None or call.attempt_of is not None:  # an attempt's request bears its call's name
        return None
    request_age = _request_age(runtime, call, rules, answer_seconds)
    search = _without_others(runtime, call, history.find_requests(call.id, request_age))
    for found in sorted(search.provider_records, key=lambda each: each.outcome is not ProviderOutcome.ALIVE):
        settled = settle_by_provider_record(runtime, call.id, found, by="books")
        if settled is not None:
            return settled
    return _by_absence(runtime, call, search, rules)


def _request_age(
    runtime: Runtime, call: ProviderCall, rules: ReconcileRules, answer_seconds: float
) -> timedelta:
    """How old a request of this call can be. Too far back does no harm: a request that is not told apart any
    more only keeps absence from being believed.
    """
    with runtime.record.reading() as session:
        age, now = calls.age(session, call.id), clock.now(session)
    on_the_way = timedelta(seconds=answer_seconds)
    assert call.sent_at is not None
    return max(age + on_the_way, now - call.sent_at, rules.grace)


def _without_others(runtime: Runtime, call: ProviderCall, search: Search) -> Search:
    """What of the books can be this call's: an earlier attempt's has a call of its own by now."""
    with runtime.record.reading() as session:
        return replace(
            search,
            provider_records=tuple(
                each for each in search.provider_records if _is_about(session, call, each)
            ),
        )


def _by_absence(
    runtime: Runtime, call: ProviderCall, search: Search, rules: ReconcileRules
) -> Settlement | None:
    """Nothing alive in books that hide nothing, looked at twice when it must be there: it was never bought.

    When that is, two clocks have to agree on, the database's and the provider's own; and whoever may still
    have the request in his hands is asked first.
    """
    if not search.complete or search.as_of is None:
        return None
    if any(each.outcome is not ProviderOutcome.FAILED for each in search.provider_records):
        return None
    failed = search.provider_records[0] if search.provider_records else None
    columns: CallColumns = {
        "actual_microusd": 0,
        "provider_id": None,
        "error_code": failed.code if failed else calls.NEVER_ARRIVED,
        "error_sentence": failed.sentence if failed else NEVER_ARRIVED,
    }
    with runtime.record.writing() as session:
        call = calls.lock(session, call.id)
        if call.state is not CallState.UNKNOWN or not request_is_over(session, call, runtime):
            return None
        if calls.age(session, call.id) > rules.window:
            return None
        if not _was_absent_before(session, call, search.as_of, rules.grace):
            return None
        return _settle(session, call, CallState.FAILED, "books", columns)


def _was_absent_before(session: Session, call: ProviderCall, as_of: datetime, grace: timedelta) -> bool:
    """Whether the books did not show it a `grace` ago either; if this is the first time, it is noted."""
    since, before = call.absent_since, call.absent_told_at
    if since is None or before is None or as_of < before:  # a clock that was set back starts again
        late_answers.record_absence(session, call, as_of)
        return False
    return as_of - before >= grace and clock.steady(session) - since >= grace


def _is_about(session: Session, call: ProviderCall, found: ProviderRecord) -> bool:
    """Whether the request can be this call's: not made for another, not settled with another."""
    if call.kind is not CallKind.IMAGE or found.call_id not in (None, call.id, call.attempt_of):
        return False
    owner = calls.by_provider_id(session, call.provider, found.provider_id)
    return owner is None or owner.id == call.id


def _is_sure(call: ProviderCall, found: ProviderRecord) -> bool:
    """A failure may be an earlier attempt's, told late; anything else is this work's, whichever attempt's."""
    return found.outcome in _CONCLUSIVE or call.attempts == 1 or call.attempt_of is not None


def _end_of(call: ProviderCall, found: ProviderRecord) -> tuple[CallState, CallColumns] | None:
    """How the call ends by this record; None where that will only be known when the provider is done."""
    columns: CallColumns = {"provider_id": found.provider_id}
    if found.outcome is ProviderOutcome.ALIVE and call.error_code == calls.ARRIVED_LATE:
        if not found.is_final:
            return None
        return CallState.FAILED, columns | {
            "actual_microusd": call.estimate_microusd,
            "error_code": calls.BOUGHT_TWICE,
            "error_sentence": BOUGHT_AGAIN,
        }
    if found.outcome is ProviderOutcome.ALIVE:
        return CallState.ACCEPTED, columns
    columns |= {
        "error_code": found.code,
        "error_sentence": found.sentence,
        "actual_microusd": 0,
    }
    if found.outcome is ProviderOutcome.LOST:
        columns["actual_microusd"] = call.estimate_microusd
    return (
        CallState.REFUSED if found.outcome is ProviderOutcome.REFUSED else CallState.FAILED,
        columns,
    )


def _settle(
    session: Session, call: ProviderCall, state: CallState, by: str, columns: CallColumns
) -> Settlement:
    calls.settle(session, call_id=call.id, to=state, **columns)
    sentence = _settled_words(state, columns)
    if call.character_id is not None:
        events.add(
            session,
            kind=EventKind.CALL_SETTLED,
            actor="system",
            message=told(
                "A request without an answer is settled, by %(by)s: %(sentence)s",
                by=_BY[by],
                sentence=sentence,
            ),
            character_id=call.character_id,
            data={"call_id": call.id, "by": by, "state": state.value},
        )
    log.info("call settled", call_id=call.id, state=state.value)
    return Settlement(call.id, call.character_id, state, by, sentence)


def _settled_words(state: CallState, columns: CallColumns) -> str:
    if state is CallState.FAILED and columns.get("actual_microusd"):
        return told("it was paid for, and its picture is lost.")
    return _WORDS[state]


_BY = {
    "store": told("our own store"),
    "books": told("the provider's books"),
    "webhook": told("the provider's message"),
}
_WORDS = {
    CallState.ACCEPTED: told(
        "the provider has it, and its picture is being fetched. %(next)s", next=TO_BE_SHOWN
    ),
    CallState.STORED: told("its picture is here. %(next)s", next=TO_BE_SHOWN),
    CallState.REFUSED: told("the provider refused it."),
    CallState.FAILED: told("nothing was bought, and it may be asked for again."),
}
