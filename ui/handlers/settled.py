"""What became of a lost request that a character waits for, told when it is known.

The character keeps the sentence its run ended with; this is read from the record each time, whoever settled
the request: evidence or a person, for this character or for another one with the same photo.
"""

from db.engine import Session
from db.event_kinds import EventKind
from db.models import CallState, Character, CharacterStatus, Event
from db.repositories import events
from tasks.runtime import Runtime
from tasks.settlement.waiting import REASON, own_calls
from ui.i18n import N_, _, said

_TELLING = (EventKind.CALL_SETTLED, EventKind.CALL_REOPENED, EventKind.CALL_FETCHED)
GO_ON = N_("Try again goes on from there.")
GIVEN_UP = N_("Try again goes on with the rest.")


def sentence_of(session: Session, runtime: Runtime, character: Character) -> str:
    """Why the character needs someone, or what became of the request that it waited for; "" for neither."""
    return settlement_of(session, runtime, character) or said(character.status_sentence)


def settlement_of(session: Session, runtime: Runtime, character: Character) -> str:
    """What became of the lost requests of a character that waits for them; "" while one of them is open."""
    waits = character.status is CharacterStatus.NEEDS_ATTENTION
    if not waits or character.status_reason != REASON:
        return ""
    requests = own_calls(session, runtime, character)
    if any(call.state in (CallState.UNKNOWN, CallState.SENDING) for call in requests):
        return ""
    sentences = _settled_sentences(session, character)
    if not sentences:
        return " ".join((_("The lost request is settled."), _(GO_ON)))
    told = [said(each) for each in sentences]
    if all("Try again" in each for each in sentences):
        return " ".join(told)
    given_up = any(call.state is CallState.WRITTEN_OFF for call in requests)
    return " ".join([*told, _(GIVEN_UP if given_up else GO_ON)])


def _settled_sentences(session: Session, character: Character) -> list[str]:
    """The newest word on each request that was settled since the run ended, oldest first."""
    newest: dict[str, Event] = {}
    for event in reversed(events.timeline(session, character.id)):
        if event.kind in _TELLING and event.created_at >= character.status_at:
            newest[str(event.data.get("call_id"))] = event
    return list(dict.fromkeys(event.message for event in newest.values()))
