"""While a run goes on a person sees what it has cost, and what it waits for."""

from datetime import timedelta

import pytest

from db.ids import utc_now
from db.models import CallKind, CallState, ProviderCall, ProviderLimit
from db.repositories import calls
from tests.support.rows import call_at
from tests.support.studio import StandInStudio
from ui.handlers.run_money import run_cost, waiting_of
from ui.handlers.runs import run_view
from ui.services import StudioServices
from ui.views.providers import Standing
from ui.views.runs import RunCost, Waiting, cost_words, run_html, waiting_words

NOW = utc_now()


def call(character_id: str, number: int, state: CallState, **more: object) -> ProviderCall:
    columns = {"estimate_microusd": 39_000, "provider": "replicate", "kind": CallKind.IMAGE} | more
    columns |= {"character_id": character_id, "work_key": f"{number:064}", "model": "nano"}
    return ProviderCall(**call_at(state, **columns))


def add(services: StudioServices, *rows: object) -> None:
    with services.record.writing() as session:
        session.add_all(rows)


@pytest.fixture
def character_id(studio: StandInStudio) -> str:
    return studio.character(styles=("anime",))


@pytest.mark.parametrize(
    ("row", "standing", "seconds"),
    [
        ({"slow_per_minute": 6, "slow_until": 600, "next_free_at": 8}, Standing.SLOW, 8),
        ({"paused_until": 12}, Standing.PAUSED, 12),
        ({"open_until": 25, "failures": 5}, Standing.OPEN, 25),
    ],
)
def test_a_run_that_is_kept_waiting_says_by_whom_and_how_long(
    studio: StandInStudio, character_id: str, row: dict[str, int], standing: Standing, seconds: int
) -> None:
    columns = {
        name: value if name in ("slow_per_minute", "failures") else NOW + timedelta(seconds=value)
        for name, value in row.items()
    }
    add(
        studio.services,
        ProviderLimit(provider="replicate", **columns),
        call(character_id, 1, CallState.CLAIMED),
        call(character_id, 2, CallState.CLAIMED),
        call(character_id, 3, CallState.SENDING),
    )
    with studio.services.record.reading() as session:
        found = waiting_of(session, character_id, NOW)
    assert found is not None
    assert (found.provider, found.standing, found.pictures) == ("replicate", standing, 2)
    assert found.seconds == pytest.approx(seconds)
    assert f"2 pictures wait; the next request may leave in about {seconds} s" in waiting_words(found)


def test_what_does_not_wait_says_nothing(studio: StandInStudio, character_id: str) -> None:
    add(
        studio.services,
        ProviderLimit(provider="replicate", paused_until=NOW + timedelta(seconds=30)),
        call(character_id, 1, CallState.SENDING),  # has left
        call(character_id, 2, CallState.CLAIMED, provider="openai"),  # waits for nobody
    )
    with studio.services.record.reading() as session:
        assert waiting_of(session, character_id, NOW) is None


def test_a_run_counts_what_left_since_it_began(studio: StandInStudio, character_id: str) -> None:
    before, after = NOW - timedelta(minutes=1), NOW + timedelta(seconds=1)
    add(
        studio.services,
        call(character_id, 1, CallState.FAILED, sent_at=before, actual_microusd=39_000),
        call(character_id, 2, CallState.DELIVERED, sent_at=after, actual_microusd=39_000),
        call(character_id, 3, CallState.UNKNOWN, sent_at=after),
        call(character_id, 4, CallState.FAILED, sent_at=after, actual_microusd=0),
        call(character_id, 5, CallState.CLAIMED),
    )
    with studio.services.record.reading() as session:
        made = calls.of_character(session, character_id)
    assert run_cost(made, NOW) == RunCost(39_000, 39_000)


def test_the_runs_panel_says_both(studio: StandInStudio, character_id: str) -> None:
    with studio.services.record.reading() as session:
        token = calls.of_character(session, character_id) and studio.prefect.orders[0].run_token
    assert token
    view = run_view(studio.services, token)
    assert view is not None and view.cost is None  # the local engine's pictures have no price
    assert "run-cost" not in run_html(view)
    add(studio.services, call(character_id, 1, CallState.UNKNOWN, sent_at=utc_now()))
    assert "$0.039 more is possibly paid" in run_html(run_view(studio.services, token))


def test_the_look_waits_too() -> None:
    words = waiting_words(Waiting("openai", Standing.PAUSED, 0.2, None, pictures=0))
    assert words.startswith("OpenAI has asked us to wait. The look at the photo waits;")


@pytest.mark.parametrize(
    ("cost", "over", "said"),
    [
        (RunCost(335_735, 0), True, "This run cost $0.335735."),
        (RunCost(735, 67_000), False, "Spent so far: $0.000735, and $0.067 more is reserved"),
        (RunCost(735, 67_000), True, "This run cost $0.000735, and $0.067 more is possibly paid"),
    ],
)
def test_costs_in_words(cost: RunCost, over: bool, said: str) -> None:
    assert cost_words(cost, over=over).startswith(said)
