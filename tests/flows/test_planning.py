"""A plan takes as many statements for many characters as for few, and says of each what a run would say."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from db.ids import new_id
from db.lifecycle import move
from db.models import CallKind, CallState, CharacterStatus, ProviderCall, Review
from db.repositories import characters, images, profiles
from flows.character_run import run_character
from flows.run_request import RunRequest
from tasks.batch.proposal import propose
from tasks.batch.selection import Selection
from tasks.pipeline import untracked
from tasks.pricing import RunPrice, price_run
from tasks.runtime import Runtime
from tasks.write_prompt import work_key_ahead
from tests.support.rows import call_at
from tests.support.runtimes import new_character, order_pictures

LIMIT = 100


@contextmanager
def counted(runtime: Runtime) -> Iterator[list[str]]:
    """The statements that the block sends."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN")):
            sent.append(statement)

    event.listen(runtime.record.engine, "before_cursor_execute", note)
    yield sent
    event.remove(runtime.record.engine, "before_cursor_execute", note)


async def drawn(runtime: Runtime, shade: int, *styles: str) -> str:
    person = new_character(runtime, shade)
    order_pictures(runtime, person, *styles)
    await run_character(RunRequest(person, styles, new_id()), untracked, runtime)
    return person


def statements(runtime: Runtime, selection: Selection) -> int:
    with counted(runtime) as sent:
        propose(runtime, selection, LIMIT)
    return len(sent)


def leave_possibly_paid(runtime: Runtime, person: str, style: str) -> None:
    with runtime.record.writing() as session:
        profile = profiles.latest(session, person)
        assert profile is not None
        key = work_key_ahead(session, runtime, profile_id=profile.id, style=style, ordinal=1)
        told = call_at(CallState.UNKNOWN, work_key=key, kind=CallKind.IMAGE, character_id=person)
        session.add(ProviderCall(**told, provider="replicate", model="m", estimate_microusd=39_000))


async def test_a_plan_takes_no_more_statements_for_more_characters(runtime: Runtime) -> None:
    for shade in (10, 20):
        await drawn(runtime, shade, "flat")
    order = Selection(order=True, styles=["flat", "anime"])
    few = statements(runtime, order)
    for shade in (30, 40, 50):
        await drawn(runtime, shade, "flat")
    assert statements(runtime, order) == few < 30


async def test_a_plan_says_of_each_what_a_run_of_its_own_would_cost(runtime: Runtime) -> None:
    ready = await drawn(runtime, 10, "flat", "anime")
    new = new_character(runtime, 20)
    order_pictures(runtime, new, "flat", "anime")
    with runtime.record.writing() as session:
        never_seen = characters.get(session, new)
        move(session, never_seen, CharacterStatus.QUEUED)
        move(session, never_seen, CharacterStatus.FAILED, reason="busy", sentence="It is so.")
    lost = await drawn(runtime, 30, "flat")
    with runtime.record.writing() as session:
        for each in images.of_character(session, ready):
            images.review(session, each.image.id, review=Review.APPROVED, actor="anna")
        images.select(session, images.of_character(session, ready)[0].image.id, actor="anna")
    order = Selection(order=True, styles=["flat", "anime", "watercolor"])
    plan = propose(runtime, order, LIMIT)
    leave_possibly_paid(runtime, lost, "anime")
    again = propose(runtime, order, LIMIT)
    assert (plan.for_a_person, again.for_a_person) == (0, 1)
    whole = RunPrice()
    for person in (ready, new, lost):
        styles = [pair.style for pair in again.pairs if pair.character_id == person]
        price = price_run(runtime, person, styles)
        assert again.estimates[person] == price.microusd
        whole += price
    assert again.price == whole and whole.pictures == len(again.pairs)
    assert plan.price.microusd - again.price.microusd == 39_000
