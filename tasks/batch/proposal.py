"""What a batch would draw, and what that costs, without a word to anybody and without a row written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice

from db.engine import Session
from db.repositories import batch_selection, planning
from db.repositories.batches import Candidate
from tasks.batch.choice import choose
from tasks.batch.selection import Selection
from tasks.ledger.budget import left_today
from tasks.picture_options import PictureOptions, picture_options
from tasks.pricing import RunPrice, price_in, waiting_for_a_person
from tasks.runtime import Runtime

CHUNK = 200  # characters that are planned together


@dataclass(frozen=True)
class Proposal:
    """The pictures that a batch would have, and those that it would not, by why."""

    pairs: list[Candidate]
    price: RunPrice
    estimates: dict[str, int]  # micro-dollars by character, at the most
    left_out: int = 0  # pictures that today's budget has no room for
    for_a_person: int = 0  # pictures that were refused, lost, possibly paid, or paid for in vain
    not_allowed: int = 0  # pictures of characters whose consent names nobody who draws here
    nobody: bool = False  # not one character fits what was chosen
    others: Mapping[str, int] = field(default_factory=dict)  # characters that wait for something, by code


def propose(runtime: Runtime, selection: Selection, limit: int) -> Proposal:
    """At most `limit` pictures, and no more than today's budget has room for. RecordError."""
    with runtime.record.reading() as session:
        choice = choose(session, runtime, selection, limit)
        others = batch_selection.left_out(session, selection.who())
        nobody = not choice.pairs and not batch_selection.fits_anybody(session, selection.who())
    kept: list[Candidate] = []
    estimates: dict[str, int] = {}
    price, left_out, for_a_person, room = RunPrice(), 0, 0, left_today(runtime)
    for some in _chunks(choice.pairs):
        found = _plan(runtime, some, None if room is None else room - price.microusd, full=left_out > 0)
        kept += found.pairs
        estimates |= found.estimates
        price += found.price
        left_out, for_a_person = left_out + found.left_out, for_a_person + found.for_a_person
    return Proposal(
        kept,
        price,
        estimates,
        left_out=left_out,
        for_a_person=for_a_person,
        not_allowed=choice.not_allowed,
        nobody=nobody,
        others=others,
    )


Group = tuple[str, list[Candidate]]  # a character, and the pictures that are meant


def _chunks(pairs: Sequence[Candidate]) -> Iterator[list[Group]]:
    """The pictures by character, some hundred characters at a time."""
    groups = ((whose, list(those)) for whose, those in groupby(pairs, key=lambda pair: pair.character_id))
    while some := list(islice(groups, CHUNK)):
        yield some


@dataclass(frozen=True)
class _Planned:
    """Of some characters: what there is room for, and what it costs; what there is no room for, or is for a
    person to decide.
    """

    pairs: list[Candidate]
    price: RunPrice
    estimates: dict[str, int]
    left_out: int
    for_a_person: int


def _plan(runtime: Runtime, groups: Sequence[Group], room_microusd: int | None, *, full: bool) -> _Planned:
    """The plan of some characters, in a number of statements that does not grow with them. `full`: there was
    no room for one before, so that nobody after it is taken.
    """
    with runtime.record.reading() as session:
        whose = [character_id for character_id, _ in groups]
        return planning.for_characters(
            session, whose, lambda: _plan_in(session, runtime, groups, room_microusd, full=full)
        )


def _plan_in(
    session: Session, runtime: Runtime, groups: Sequence[Group], room_microusd: int | None, *, full: bool
) -> _Planned:
    kept: list[Candidate] = []
    estimates: dict[str, int] = {}
    total, left_out, for_a_person = RunPrice(), 0, 0
    for character_id, meant in groups:
        wanted = _for_machines(session, runtime, character_id, meant)
        for_a_person += len(meant) - len(wanted)
        if full or not wanted:
            left_out += len(wanted)
            continue
        left = None if room_microusd is None else room_microusd - total.microusd
        fitting, price = _that_fit(session, runtime, wanted, left)
        kept += fitting
        total += price
        estimates[character_id] = price.microusd
        left_out += len(wanted) - len(fitting)
        full = len(fitting) < len(wanted)
    return _Planned(kept, total, estimates, left_out, for_a_person)


def _for_machines(
    session: Session, runtime: Runtime, character_id: str, meant: Sequence[Candidate]
) -> list[Candidate]:
    """Without the pictures that a person has to decide about first."""
    not_ours = waiting_for_a_person(
        session,
        runtime,
        character_id,
        [pair.style for pair in meant],
        ordinals=ordinals_of(meant),
        options=options_of(meant),
    )
    return [pair for pair in meant if pair.style not in not_ours]


def ordinals_of(pairs: Sequence[Candidate]) -> dict[str, int]:
    """Which picture of each style is meant, for the pairs of one character."""
    return {pair.style: pair.ordinal for pair in pairs}


def options_of(pairs: Sequence[Candidate]) -> dict[str, PictureOptions]:
    """How the picture of each style is to be made, likewise."""
    return {pair.style: picture_options(pair.framing, pair.resolution) for pair in pairs}


def _that_fit(
    session: Session, runtime: Runtime, wanted: list[Candidate], room_microusd: int | None
) -> tuple[list[Candidate], RunPrice]:
    """As many of the pictures of one character, from the first, as there is room for, and what they cost."""
    for count in range(len(wanted), 0, -1):
        pairs = wanted[:count]
        price = price_in(
            session,
            runtime,
            wanted[0].character_id,
            [pair.style for pair in pairs],
            ordinals=ordinals_of(pairs),
            options=options_of(pairs),
        )
        if room_microusd is None or price.microusd <= room_microusd:
            return pairs, price
    return [], RunPrice()
