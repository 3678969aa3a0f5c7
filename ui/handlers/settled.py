"""What became of a lost request that a character waits for, told when it is known.

The character keeps the sentence its run ended with; this is read from the record each time, whoever settled
the request: evidence or a person, for this character or for another one with the same photo.
"""

from db.engine import Session
from db.event_kinds import EventKind
from db.models import CallState, Character, CharacterStatus, Event, ProviderCall
from db.repositories import assets, calls, events, prompts
from tasks.describe_photo import vision_key
from tasks.runtime import Runtime

_TELLING = (EventKind.CALL_SETTLED, EventKind.CALL_REOPENED, EventKind.CALL_FETCHED)
GO_ON = "Try again goes on from there."
GIVEN_UP = "Try again goes on with the rest."


def sentence_of(session: Session, runtime: Runtime, character: Character) -> str:
    """Why the character needs someone, or what became of the request that it waited for; "" for neither."""
    return settlement_of(session, runtime, character) or character.status_sentence or ""


def settlement_of(session: Session, runtime: Runtime, character: Character) -> str:
    """What became of the lost requests of a character that waits for them; "" while one of them is open."""
    waits = character.status is CharacterStatus.NEEDS_ATTENTION
    if not waits or character.status_reason != "outcome_unknown":
        return ""
    own_calls = _own_calls(session, runtime, character)
    if any(call.state in (CallState.UNKNOWN, CallState.SENDING) for call in own_calls):
        return ""
    sentences = _settled_sentences(session, character)
    if not sentences:
        return f"The lost request is settled. {GO_ON}"
    if all("Try again" in each for each in sentences):
        return " ".join(sentences)
    given_up = any(call.state is CallState.WRITTEN_OFF for call in own_calls)
    return " ".join([*sentences, GIVEN_UP if given_up else GO_ON])


def _own_calls(session: Session, runtime: Runtime, character: Character) -> list[ProviderCall]:
    """The calls of the look and the pictures that this character is made of, whoever made them."""
    keys = prompts.work_keys_of(session, character.id)
    if character.photo_asset_id:
        keys.append(vision_key(session, runtime, assets.get(session, character.photo_asset_id).sha256))
    return [call for key in keys if (call := calls.by_work_key(session, key))]


def _settled_sentences(session: Session, character: Character) -> list[str]:
    """The newest word on each request that was settled since the run ended, oldest first."""
    newest: dict[str, Event] = {}
    for event in reversed(events.timeline(session, character.id)):
        if event.kind in _TELLING and event.created_at >= character.status_at:
            newest[str(event.data.get("call_id"))] = event
    return list(dict.fromkeys(event.message for event in newest.values()))
