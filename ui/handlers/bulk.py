"""What is done to many characters of the list at once: who is meant, what it costs, and doing it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from db.errors import NotFound
from db.repositories import characters
from flows import bulk, bulk_organise
from flows.bulk import BulkDone, BulkPlan
from tasks.errors import UsageError
from ui.acting import acting_id, acting_person
from ui.handlers.characters import found_at
from ui.permissions import ADMINISTER, allows
from ui.services import StudioServices


class Act(StrEnum):
    """What can be done to many at once."""

    DRAW = "draw"
    APPROVE = "approve"
    TAG = "tag"
    UNTAG = "untag"
    CANCEL = "cancel"
    ERASE = "erase"


@dataclass(frozen=True)
class Wanted:
    """What a person asks to have done; `agreed_microusd` and `confirmed` are what they have seen and said."""

    action: str
    style: str = ""
    tag: str = ""
    agreed_microusd: int = 0
    confirmed: int = 0

    @property
    def act(self) -> Act:
        """Which of them. UsageError (`unknown_action`)."""
        if self.action not in set(Act):
            raise UsageError("There is no such thing to do.", code="unknown_action")
        return Act(self.action)


def chosen(services: StudioServices, ids: Sequence[str], address: str | None) -> list[str]:
    """The characters that are meant: those of `ids` that exist, or all that the list at `address` finds.

    Raises NotFound when an id is nobody's, UsageError when they are too many for one go.
    """
    if address is not None:
        return found_at(services, address, most=bulk.MOST)
    if len(ids) > bulk.MOST:
        return list(ids)
    with services.record.reading() as session:
        known = {card.id for card in characters.cards_of(session, ids)}
    if known != set(ids):
        raise NotFound("Some of these characters are not there any more. Look at the list again.")
    return list(ids)


def plan(services: StudioServices, wanted: Wanted, ids: Sequence[str]) -> BulkPlan:
    """What it would do. UsageError for an unknown action, style or tag."""
    runtime = services.runtime
    match wanted.act:
        case Act.DRAW:
            return bulk.plan_drawing(runtime, character_ids=ids, style=wanted.style)
        case Act.APPROVE:
            return bulk.plan_approval(runtime, character_ids=ids)
        case Act.TAG | Act.UNTAG as act:
            return bulk_organise.plan_tagging(
                runtime, character_ids=ids, tag=wanted.tag, remove=act is Act.UNTAG
            )
        case Act.CANCEL:
            return bulk_organise.plan_cancelling(runtime, character_ids=ids)
        case Act.ERASE:
            return bulk_organise.plan_erasing(runtime, character_ids=ids, made_by=_only_made_by())


def perform(services: StudioServices, wanted: Wanted, ids: Sequence[str]) -> BulkDone:
    """Do it, in the name of who asks. Raises what `plan`, `bulk.draw` and `bulk_organise.erase_each` do."""
    runtime, by = services.runtime, acting_id()
    match wanted.act:
        case Act.DRAW:
            return bulk.draw(
                runtime,
                character_ids=ids,
                style=wanted.style,
                agreed_microusd=wanted.agreed_microusd,
                submit=services.submit,
                hand_over=services.hand_over,
                by=by,
            )
        case Act.APPROVE:
            return bulk.approve(runtime, character_ids=ids, by=by)
        case Act.TAG | Act.UNTAG as act:
            return bulk_organise.tag_each(
                runtime, character_ids=ids, tag=wanted.tag, remove=act is Act.UNTAG, by=by
            )
        case Act.CANCEL:
            return bulk_organise.cancel_each(runtime, character_ids=ids, in_prefect=services.cancel, by=by)
        case Act.ERASE:
            return bulk_organise.erase_each(
                runtime,
                character_ids=ids,
                confirmed=wanted.confirmed,
                by=by,
                made_by=_only_made_by(),
            )


def _only_made_by() -> str | None:
    """Whose characters alone the person who asks may erase; None for whoever may erase anybody's."""
    person = acting_person()
    return None if allows(person.role, ADMINISTER) else person.user_id or ""
