"""What keeps a batch from a character whose turn has come: that can be hours after it was planned, and many
a person's decision later.
"""

from db.engine import Session
from db.models import CharacterStatus
from db.repositories import characters, customer_links, holds
from tasks.consent.rules import ConsentWithdrawn, standing
from tasks.errors import StorykinError


def why_not_to_begin(session: Session, character_id: str) -> StorykinError | None:
    """Why the batch is to draw nothing more of the character now; None where nothing stands against it.

    Whom the consent names is asked when the photo would leave, by whoever would send it. NotFound.
    """
    character = characters.get(session, character_id)
    if character.status is CharacterStatus.NEEDS_ATTENTION:
        return StorykinError(
            "A person has to look at this character first, so the batch left it out.", code="needs_attention"
        )
    if holds.is_held(session, character_id):
        return StorykinError(
            "This character is under a legal hold, so the batch left it out.", code="on_hold"
        )
    if customer_links.is_waited_for(session, character_id):
        return StorykinError(
            "The customer has these pictures to look at and has not answered, so the batch left this "
            "character out.",
            code="waits_for_customer",
        )
    try:
        standing(session, character_id)
    except ConsentWithdrawn as error:
        return error
    return None
