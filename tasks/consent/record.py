"""Consents are recorded, shown and withdrawn here, whoever asks: the studio, the command line, a link."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from db.audit.append import SYSTEM
from db.engine import Session
from db.errors import Erased, UserFacingError
from db.event_kinds import EventKind
from db.lifecycle import ACTIVE, lock, lock_living, move
from db.log import Log
from db.models import Character, CharacterStatus, Consent, ConsentMeans, ConsentRole, Event, LinkAnswer
from db.repositories import characters, consents, customer_links, events, holds
from db.told import told
from tasks.consent.notes import WithdrawalNote, write_note
from tasks.consent.rules import NotTicked, WithdrawnByCustomer, third_parties
from tasks.consent.texts import BUILT_IN, CURRENT, FIRST, PURPOSES, text_of, words
from tasks.errors import UsageError
from tasks.providers.specs import all_specs
from tasks.runtime import Runtime
from tasks.storage.binding import RecordAndStore, require_bound

log = Log("consent")

WITHDRAWN = "withdrawn"  # the subject of the retention clock that a withdrawal starts
CUSTOMER = "customer"  # the actor of what happens by a link
STOPPED = "The consent to use this photo was withdrawn, so its run was stopped."


@dataclass(frozen=True)
class ConsentShown:
    """A consent as it can be shown: with the words that it was given to."""

    words: str
    version: str
    language: str
    role: ConsentRole
    means: ConsentMeans | None  # None: before there were records
    processors: tuple[str, ...]
    purposes: tuple[str, ...]
    keep_canon: bool
    given_at: datetime | None
    recorded_by: str | None
    withdrawn_at: datetime | None
    withdrawn_by_customer: bool = False  # by a link of their own
    signature: str = ""  # of one given by a link, while that is kept


def record_consent(
    session: Session,
    character_id: str,
    *,
    processors: Sequence[str],
    by: str | None,
    role: ConsentRole = ConsentRole.CUSTOMER,
    means: ConsentMeans = ConsentMeans.OPERATOR_TICK,
    version: str = CURRENT,
    language: str = "en",
    keep_canon: bool = False,
    given_at: datetime | None = None,
) -> Consent:
    """Record a consent of this character; it counts from now on. UsageError for a text that there is none
    of.
    """
    text_of(session, version, language)
    return consents.give(
        session,
        character_id=character_id,
        text_version=version,
        language=language,
        role=role,
        means=means,
        processors=processors,
        purposes=PURPOSES,
        keep_canon=keep_canon,
        recorded_by=by,
        given_at=given_at,
    )


def give_consent(
    runtime: Runtime,
    *,
    character_id: str,
    processors: Sequence[str],
    by: str | None,
    role: ConsentRole,
    means: ConsentMeans = ConsentMeans.OPERATOR_TICK,
    version: str = CURRENT,
    language: str = "en",
    keep_canon: bool = False,
    actor: str = "operator",
    overrules_customer: bool = True,
) -> ConsentShown:
    """Record a consent of a character that is there, on its timeline too. Raises Erased, UsageError; and
    unless it `overrules_customer`, WithdrawnByCustomer where the customer has withdrawn the one before, and
    NotTicked where it goes beyond what the customer has signed.
    """
    unknown = [each for each in processors if each not in all_specs()]
    if unknown:
        raise UsageError(told("There is no provider %(name)s.", name=unknown[0]), code="no_such_provider")
    with runtime.record.writing() as session:
        character = characters.get(session, character_id)
        lock_living(session, character)
        if not overrules_customer:
            _check_customer(session, character_id, processors, keep_canon)
        consent = give_in(
            session,
            character,
            processors=processors,
            by=by,
            role=role,
            means=means,
            version=version,
            language=language,
            keep_canon=keep_canon,
            actor=actor,
        )
        return _shown(session, consent)


def give_in(
    session: Session,
    character: Character,
    *,
    processors: Sequence[str],
    by: str | None,
    role: ConsentRole,
    means: ConsentMeans,
    version: str,
    language: str,
    keep_canon: bool,
    actor: str,
    link_id: str | None = None,
    given_at: datetime | None = None,
) -> Consent:
    """`give_consent` in a transaction that holds the character. UsageError."""
    _keep_first(session, character)
    consent = record_consent(
        session,
        character.id,
        processors=processors,
        by=by,
        role=role,
        means=means,
        version=version,
        language=language,
        keep_canon=keep_canon,
        given_at=given_at,
    )
    holds.stop_clocks(session, character.id, {WITHDRAWN})
    said = {"version": version, "language": language} | ({"link": link_id} if link_id else {})
    _tell(session, character.id, EventKind.CONSENT_GIVEN, by or actor, said)
    return consent


def withdraw_consent(
    runtime: Runtime, *, character_id: str, by: str | None, actor: str = "operator"
) -> ConsentShown:
    """End the consent: nothing is sent or drawn any more, a run under way is stopped, and the time until the
    erasure begins to run. Doing it again changes nothing. Raises Erased, NotFound.
    """
    with runtime.record.writing() as session:
        character = characters.get(session, character_id)
        lock(session, character)
        if character.status is CharacterStatus.ERASED:
            raise Erased("This character has been erased already.")
        withdraw_in(session, character, by=by, actor=actor)
        shown = _shown(session, consents.of_character(session, character_id)[0])
    note_withdrawn(runtime, character_id)
    return shown


def withdraw_in(session: Session, character: Character, *, by: str | None, actor: str) -> None:
    """`withdraw_consent` in a transaction that holds the character; `note_withdrawn` comes after it."""
    _keep_first(session, character)
    if consents.withdraw(session, character.id, by=by):
        _stop(session, character, by or actor)
    session.expire_all()


def withdraw_noted(session: Session, character_id: str, consent_ids: Collection[str]) -> bool:
    """Withdraw these consents once more, in a database from before; whether any of them stood.

    One from before there were records has no id to be known by there: it is meant too.
    """
    character = characters.get(session, character_id)
    lock(session, character)
    if character.status is CharacterStatus.ERASED:
        return False
    if not consents.of_character(session, character_id):
        _keep_first(session, character)
        consent_ids = [each.id for each in consents.of_character(session, character_id)]
    if not consents.withdraw(session, character_id, by=None, only=consent_ids):
        return False
    session.expire_all()
    if all(each.withdrawn_at for each in consents.of_character(session, character_id)):
        _stop(session, character, SYSTEM)
    return True


def _stop(session: Session, character: Character, actor: str) -> None:
    """No consent counts any more: what is under way ends, and the time until the erasure begins to run."""
    holds.start_clock(session, character.id, WITHDRAWN)
    customer_links.end_open(session, character.id)  # a new consent does not open them again
    _tell(session, character.id, EventKind.CONSENT_WITHDRAWN, actor)
    if character.status in ACTIVE:
        code = "consent_withdrawn"
        move(session, character, CharacterStatus.NEEDS_ATTENTION, reason=code, sentence=STOPPED)


def note_withdrawn(runtime: RecordAndStore, character_id: str) -> None:
    """Note in the store what was withdrawn. It is so whether or not the store is there to note it;
    housekeeping notes it then.
    """
    with runtime.record.reading() as session:
        given = consents.of_character(session, character_id)
        notes = [WithdrawalNote(character_id, each.id) for each in given if each.withdrawn_at]
    try:
        require_bound(runtime)
        for note in notes:
            write_note(runtime.store, note)
    except UserFacingError as error:
        log.warning("the withdrawal is not noted in the store yet", code=error.code)


def consents_shown(runtime: Runtime, *, character_id: str) -> tuple[ConsentShown, ...]:
    """Every consent of a character, the newest first; one from before there were records as it was meant."""
    with runtime.record.reading() as session:
        character = characters.get(session, character_id)
        withdrawals = events.of_kind(session, character_id, EventKind.CONSENT_WITHDRAWN)
        signatures = {
            each.answered_at: each.note
            for each in customer_links.of_character(session, character_id)
            if each.answer is LinkAnswer.CONSENTED
        }
        found = [
            replace(
                _shown(session, each, withdrawals),
                signature=signatures.get(each.given_at, "") if each.means is ConsentMeans.SIGNED_LINK else "",
            )
            for each in consents.of_character(session, character_id)
        ]
        return tuple(found) or ((_first(character),) if character.consent_at else ())


def _keep_first(session: Session, character: Character) -> None:
    """A consent from before there were records becomes one, so that it can be withdrawn, or followed."""
    if character.consent_version is None or consents.of_character(session, character.id):
        return
    consents.give(
        session,
        character_id=character.id,
        text_version=_first_version(session, character),
        language="en",
        role=ConsentRole.CUSTOMER,
        means=ConsentMeans.OPERATOR_TICK,
        processors=(),
        purposes=PURPOSES,
        keep_canon=False,
        recorded_by=character.consent_by,
        given_at=character.consent_at,
    )


def _first_version(session: Session, character: Character) -> str:
    """The text that it was given to; the first there was, where that one is not on record."""
    version = character.consent_version or FIRST
    is_known = (version, "en") in BUILT_IN or consents.find_text(session, version, "en") is not None
    return version if is_known else FIRST


def _first(character: Character) -> ConsentShown:
    return ConsentShown(
        words=BUILT_IN[FIRST, "en"],
        version=character.consent_version or FIRST,
        language="en",
        role=ConsentRole.CUSTOMER,
        means=None,
        processors=(),
        purposes=PURPOSES,
        keep_canon=False,
        given_at=character.consent_at,
        recorded_by=character.consent_by,
        withdrawn_at=None,
    )


def customer_withdrew(session: Session, character_id: str) -> bool:
    """Whether no consent stands, and it was the customer who has spoken last: withdrawn one, or refused."""
    if any(each.withdrawn_at is None for each in consents.of_character(session, character_id)):
        return False
    ended = [
        *events.of_kind(session, character_id, EventKind.CONSENT_WITHDRAWN),
        *events.of_kind(session, character_id, EventKind.CONSENT_REFUSED),
    ]
    return bool(ended) and max(ended, key=lambda each: each.id).actor == CUSTOMER


def _check_customer(
    session: Session, character_id: str, processors: Collection[str], keep_canon: bool
) -> None:
    """Raise WithdrawnByCustomer or NotTicked where a consent to this is against what the customer has said.

    What they have signed last holds until it is withdrawn, whatever was recorded after it.
    """
    if customer_withdrew(session, character_id):
        raise WithdrawnByCustomer
    for each in consents.of_character(session, character_id):
        if each.means is ConsentMeans.SIGNED_LINK and each.withdrawn_at is None:
            if set(third_parties(processors)) - set(each.processors) or (keep_canon and not each.keep_canon):
                raise NotTicked
            return


def _shown(session: Session, row: Consent, withdrawals: Sequence[Event] = ()) -> ConsentShown:
    """`withdrawals` are the character's, the oldest first: each has ended all that stood by then."""
    ended = next((each for each in withdrawals if each.id > row.id), None) if row.withdrawn_at else None
    text = text_of(session, row.text_version, row.language)
    return ConsentShown(
        words=words(text, row.processors, row.language),
        version=row.text_version,
        language=row.language,
        role=row.role,
        means=row.means,
        processors=tuple(row.processors),
        purposes=tuple(row.purposes),
        keep_canon=row.keep_canon,
        given_at=row.given_at,
        recorded_by=row.recorded_by,
        withdrawn_at=row.withdrawn_at,
        withdrawn_by_customer=ended is not None and ended.actor == CUSTOMER,
    )


def _tell(
    session: Session, character_id: str, kind: EventKind, actor: str, said: Mapping[str, str] | None = None
) -> None:
    told = dict(said or {})
    events.add(session, kind=kind, actor=actor, message=kind.sentence, character_id=character_id, data=told)
