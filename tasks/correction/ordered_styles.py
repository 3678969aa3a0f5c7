"""Which styles are ordered of a character, as a person changes them. Nothing is drawn by it."""

from collections.abc import Sequence
from dataclasses import dataclass

from db.event_kinds import EventKind
from db.lifecycle import ACTIVE
from db.models.orders import PORTRAIT
from db.repositories import events, orders
from tasks.correction.who import actor_of, held_character
from tasks.errors import UsageError
from tasks.runtime import Runtime
from tasks.styles.packs import chosen_styles, style_pack


@dataclass(frozen=True)
class OrderChange:
    """What was put on order, and what was taken off. What is drawn stays ordered: it is there."""

    added: tuple[str, ...]
    withdrawn: tuple[str, ...]


def change_styles(
    runtime: Runtime, *, character_id: str, styles: Sequence[str], by: str | None = None
) -> OrderChange:
    """Order one portrait in each of `styles` that has no order yet, and withdraw what is ordered in another
    style and not drawn. A batch draws what is missing, or "Try again" does.

    Raises NotFound, IllegalStep (erased), UsageError for an unknown style, for none at all, or while a run of
    this character is under way.
    """
    wanted = chosen_styles(list(styles))
    with runtime.record.writing() as session:
        character = held_character(session, character_id)
        if character.status in ACTIVE:
            raise UsageError("A run of this character is under way. Wait until it is done.", code="under_way")
        there = {row.style for row in orders.of_character(session, character_id)}
        missing = {style for style, _framing in orders.missing(session, character_id)}
        added = [style for style in wanted if style not in there]
        withdrawn = sorted(missing - set(wanted))
        if not added and not withdrawn:
            return OrderChange((), ())
        orders.withdraw(session, character_id, withdrawn)
        token = character.run_token or character_id
        orders.add(session, [(character_id, style, 1) for style in added], run_token=token, framing=PORTRAIT)
        told = [
            *(f"{style_pack(style).label} ordered" for style in added),
            *(f"{style_pack(style).label} no longer ordered" for style in withdrawn),
        ]
        events.add(
            session,
            kind=EventKind.CHARACTER_STYLES,
            actor=actor_of(by),
            message=", ".join(told),
            character_id=character_id,
            data={"added": added, "withdrawn": withdrawn},
        )
    return OrderChange(tuple(added), tuple(withdrawn))
