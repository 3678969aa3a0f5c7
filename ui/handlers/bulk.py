"""What is done to many characters of the list at once: who is meant, what it costs, and doing it."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from db.errors import NotFound
from db.repositories import characters, listing
from flows import bulk
from flows.bulk import BulkDone, BulkPlan
from tasks.amounts import about_dollars
from tasks.errors import UsageError
from ui.handlers.characters import filter_of_address, search_of
from ui.services import StudioServices
from ui.views.pictures import style_label
from ui.views.words import count_words

DRAW, APPROVE = "draw", "approve"


def chosen(services: StudioServices, ids: Sequence[str], address: str | None) -> list[str]:
    """The characters that are meant: those of `ids` that exist, or all that the list at `address` finds.

    Raises NotFound when an id is nobody's, UsageError when they are too many for one go.
    """
    with services.record.reading() as session:
        if address is not None:
            wanted = search_of(filter_of_address(dict(parse_qsl(address.removeprefix("?")))))
            return listing.ids(session, wanted, limit=bulk.MOST + 1)
        if len(ids) > bulk.MOST:
            return list(ids)
        known = {card.id for card in characters.cards_of(session, ids)}
    if known != set(ids):
        raise NotFound("Some of these characters are not there any more. Look at the list again.")
    return list(ids)


def plan(services: StudioServices, action: str, ids: Sequence[str], style: str) -> BulkPlan:
    """What `action` would do. UsageError for an unknown action or style."""
    if action == DRAW:
        return bulk.plan_drawing(services.runtime, character_ids=ids, style=style)
    if action == APPROVE:
        return bulk.plan_approval(services.runtime, character_ids=ids)
    raise UsageError("There is no such thing to do.", code="unknown_action")


def perform(
    services: StudioServices, action: str, ids: Sequence[str], style: str, agreed_microusd: int
) -> BulkDone:
    """Do it. Raises what `plan` and `flows.bulk.draw` do."""
    if action == DRAW:
        return bulk.draw(
            services.runtime,
            character_ids=ids,
            style=style,
            agreed_microusd=agreed_microusd,
            submit=services.submit,
            hand_over=services.hand_over,
        )
    if action == APPROVE:
        return bulk.approve(services.runtime, character_ids=ids)
    raise UsageError("There is no such thing to do.", code="unknown_action")


def plan_words(action: str, style: str, told: BulkPlan) -> str:
    """What would be done, to how many, at what price."""
    people = count_words(len(told.ids), "character", "characters")
    if not told.ids:
        return "There is nothing to do for these."
    if action == APPROVE:
        return f"Approve the favourite of {people}."
    price = f"about {about_dollars(told.microusd)}" if told.microusd else "free of charge"
    return f"Draw {style_label(style)} for {people}: {price}."


def done_words(action: str, style: str, done: BulkDone) -> str:
    """What was done."""
    people = count_words(done.done, "character", "characters")
    if action == APPROVE:
        return f"The favourite of {people} is approved."
    return f"{style_label(style)} is asked for, for {people}. The list shows how it goes."


def left_out_words(left_out: Mapping[str, int]) -> list[str]:
    """Why others are left as they are: "3 are left out: A run is under way.", the most first."""
    ordered = sorted(left_out.items(), key=lambda each: -each[1])
    return [f"{count:,} {'is' if count == 1 else 'are'} left out: {reason}" for reason, count in ordered]
