"""Characters that wait for what became of a request, once that is known."""

from db.engine import Session
from db.event_kinds import EventKind
from db.models import CallState, Character, CharacterStatus, ProviderCall
from db.repositories import assets, calls, characters, customer_links, events, holds, prompts
from tasks.consent.rules import ConsentWithdrawn, standing
from tasks.describe_photo import vision_key
from tasks.runtime import Runtime

REASON = "outcome_unknown"  # what such a character waits for
_OPEN = calls.LEASED - {CallState.STORED} | {CallState.UNKNOWN}  # what is stored has only to be shown


def own_calls(session: Session, runtime: Runtime, character: Character) -> list[ProviderCall]:
    """The calls of the look and the pictures that a character is made of, whoever made them."""
    keys = prompts.work_keys_of(session, character.id)
    if character.photo_asset_id:
        keys.append(vision_key(session, runtime, assets.get(session, character.photo_asset_id).sha256))
    return [call for key in keys if (call := calls.by_work_key(session, key))]


def settled_by_evidence(runtime: Runtime) -> list[Character]:
    """Those that wait although each of their requests is settled, and none by a person's word.

    A person who has settled one, or given it up, has the character in hand, and says how it goes on; so has
    who holds it, the customer who has been asked, and who has withdrawn the consent.
    """
    with runtime.record.reading() as session:
        waiting = characters.with_status(session, CharacterStatus.NEEDS_ATTENTION, REASON)
        return [each for each in waiting if _may_go_on(session, runtime, each)]


def _may_go_on(session: Session, runtime: Runtime, character: Character) -> bool:
    if character.photo_asset_id is None:
        return False  # nothing can be drawn without it
    if holds.is_held(session, character.id) or customer_links.is_waited_for(session, character.id):
        return False
    try:
        standing(session, character.id)
    except ConsentWithdrawn:
        return False
    own = own_calls(session, runtime, character)
    if not own or any(call.state in _OPEN or call.state is CallState.WRITTEN_OFF for call in own):
        return False
    return not any(_settled_by_hand(session, call) for call in own if call.state is CallState.FAILED)


def _settled_by_hand(session: Session, call: ProviderCall) -> bool:
    """Whether the newest word on the call is a person's, told where its character's own story is."""
    if call.character_id is None:
        return False
    said = events.of_kind(session, call.character_id, EventKind.CALL_SETTLED)
    of_this = [event.data.get("by") for event in said if event.data.get("call_id") == call.id]
    return of_this[-1:] == ["person"]
