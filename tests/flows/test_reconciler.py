"""What is on record as under way goes on by itself; what Prefect holds, and what is over, is left alone.

Prefect's server is real and there is no worker, so the tests say what becomes of a run.
"""

import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from db.event_kinds import EventKind
from db.ids import new_id
from db.models import CharacterStatus, Event
from db.repositories import characters, events
from flows import reconciler
from flows.dead_runs import NEVER_HEARD_SECONDS, SILENT_SECONDS, DeadRuns
from flows.reconciler import Reconciler
from flows.settings import flow_settings
from flows.submit import PrefectUnreachable, close, newest_heartbeat
from flows.watch import Watch
from tasks.progress import Run
from tasks.resumption import MOST_RESUMPTIONS
from tasks.run_status import begin
from tasks.runtime import Runtime
from tests.support.ports import free_port
from tests.support.prefect_server import PrefectServer, prefect_server, use
from tests.support.racing import race_threads
from tests.support.runtimes import new_character
from tests.support.waiting import until

__all__ = ["prefect_server"]

pytestmark = [pytest.mark.server, pytest.mark.postgres]

FLOW, DEPLOYMENT, POOL = "generate-character", "storykin", "storykin"


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def looking(runtime: Runtime, clock: Clock) -> Reconciler:
    return a_reconciler(runtime, clock)


def a_reconciler(runtime: Runtime, clock: Clock) -> Reconciler:
    made = Reconciler(runtime, Watch(clock))
    made._dead = DeadRuns(made._sign_of_life, watch=Watch(clock))
    return made


@pytest.fixture(autouse=True)
def deployed(prefect_server: PrefectServer, monkeypatch: pytest.MonkeyPatch, home: object) -> Iterator[None]:
    """The deployment by name, with no worker on its pool."""
    use(prefect_server, monkeypatch)
    flow_settings.cache_clear()
    if not prefect_server.http.get(f"/work_pools/{POOL}").is_success:
        prefect_server.ask("POST", "/work_pools/", {"name": POOL, "type": "storykin-warm"})
    flow = prefect_server.ask("POST", "/flows/", {"name": FLOW})
    body = {"name": DEPLOYMENT, "flow_id": flow["id"], "work_pool_name": POOL, "entrypoint": "nobody.runs"}
    prefect_server.ask("POST", "/deployments/", body)
    yield
    for run in prefect_server.ask("POST", "/flow_runs/filter", {"flows": {"name": {"any_": [FLOW]}}}):
        prefect_server.http.delete(f"/flow_runs/{run['id']}")
    close()
    flow_settings.cache_clear()


def asked(runtime: Runtime, character_id: str) -> str:
    """A run as the studio asks for one, before it is handed over; its token."""
    token = new_id()
    with runtime.record.writing() as session:
        characters.begin_run(session, character_id, token)
    Run(runtime, character_id, token).record_event(
        EventKind.RUN_ASKED, "Asked", styles=["flat"], another=True
    )
    return token


def flow_runs(server: PrefectServer, token: str) -> list[dict[str, Any]]:
    wanted = {"flow_runs": {"idempotency_key": {"any_": [token]}}}
    found: list[dict[str, Any]] = server.ask("POST", "/flow_runs/filter", wanted)
    return found


def becomes(server: PrefectServer, token: str, state: str) -> None:
    (run,) = flow_runs(server, token)
    body = {"state": {"type": state, "message": "said by a test"}, "force": True}
    server.ask("POST", f"/flow_runs/{run['id']}/set_state", body)


def status(runtime: Runtime, character_id: str) -> tuple[CharacterStatus, str | None]:
    with runtime.record.reading() as session:
        character = characters.get(session, character_id)
        return character.status, character.status_reason


def told(runtime: Runtime, token: str, kind: str) -> list[Event]:
    with runtime.record.reading() as session:
        return [event for event in events.of_run(session, token) if event.kind == kind]


def test_a_run_that_prefect_missed_is_handed_over_as_it_was_asked_for(
    runtime: Runtime, character_id: str, prefect_server: PrefectServer, looking: Reconciler
) -> None:
    token = asked(runtime, character_id)

    assert looking.look() == 1
    looking.look()

    (run,) = flow_runs(prefect_server, token)
    assert run["parameters"] == {
        "character_id": character_id,
        "styles": ["flat"],
        "run_token": token,
        "another": True,
    }
    assert [event.data["flow_run_id"] for event in told(runtime, token, "run.submitted")] == [run["id"]]


@pytest.mark.parametrize("state", ["CRASHED", "FAILED", "COMPLETED"])
def test_an_end_that_the_record_knows_nothing_of_is_gone_on_from_by_one_of_many(
    runtime: Runtime, character_id: str, prefect_server: PrefectServer, looking: Reconciler, state: str
) -> None:
    token = asked(runtime, character_id)
    looking.look()
    becomes(prefect_server, token, state)

    at_once = race_threads(4, lambda: a_reconciler(runtime, Clock()).look())

    assert sum(at_once) == 1
    (run,) = flow_runs(prefect_server, token)
    assert run["state_name"] == "AwaitingRetry"
    assert len(told(runtime, token, EventKind.RUN_RESUMED)) == 1
    assert status(runtime, character_id) == (CharacterStatus.QUEUED, None)


def test_whoever_was_to_take_it_up_and_died_over_it_is_stood_in_for(
    runtime: Runtime, character_id: str, prefect_server: PrefectServer, looking: Reconciler, clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    token = asked(runtime, character_id)
    looking.look()
    becomes(prefect_server, token, "CRASHED")
    with monkeypatch.context() as dying:
        dying.setattr(reconciler, "run_again", lambda *_given: False)
        looking.look()
    assert flow_runs(prefect_server, token)[0]["state_name"] == "Crashed"

    looking.look()
    assert flow_runs(prefect_server, token)[0]["state_name"] == "Crashed"  # the other one may be slow
    clock.now += reconciler.TAKING_UP_SECONDS
    looking.look()

    assert flow_runs(prefect_server, token)[0]["state_name"] == "AwaitingRetry"
    assert len(told(runtime, token, EventKind.RUN_RESUMED)) == 1


def test_after_so_many_tries_a_person_has_to_look_and_may_try_again(
    runtime: Runtime, character_id: str, prefect_server: PrefectServer, looking: Reconciler
) -> None:
    token = asked(runtime, character_id)
    looking.look()
    for _ in range(MOST_RESUMPTIONS):
        becomes(prefect_server, token, "CRASHED")
        assert looking.look() == 1
    becomes(prefect_server, token, "CRASHED")

    assert looking.look() == 0

    assert status(runtime, character_id) == (CharacterStatus.NEEDS_ATTENTION, "interrupted")
    assert flow_runs(prefect_server, token)[0]["state_name"] == "Crashed"
    again = asked(runtime, character_id)
    assert looking.look() == 1
    assert flow_runs(prefect_server, again)[0]["state_type"] == "SCHEDULED"


def test_what_a_person_stopped_stays_stopped(
    runtime: Runtime, character_id: str, prefect_server: PrefectServer, looking: Reconciler
) -> None:
    token = asked(runtime, character_id)
    looking.look()
    becomes(prefect_server, token, "CANCELLED")

    for _ in range(2):
        assert looking.look() == 0

    assert status(runtime, character_id) == (CharacterStatus.FAILED, "interrupted")
    assert flow_runs(prefect_server, token)[0]["state_type"] == "CANCELLED"


@pytest.mark.parametrize("state", ["SCHEDULED", "PAUSED"])
def test_what_prefect_holds_waits_for_however_long(
    runtime: Runtime,
    character_id: str,
    prefect_server: PrefectServer,
    looking: Reconciler,
    clock: Clock,
    state: str,
) -> None:
    token = asked(runtime, character_id)
    looking.look()
    becomes(prefect_server, token, state)

    for _ in range(3):
        clock.now += 86_400
        assert looking.look() == 0

    assert status(runtime, character_id) == (CharacterStatus.QUEUED, None)
    assert flow_runs(prefect_server, token)[0]["state_type"] == state


def test_where_prefect_can_not_be_asked_nothing_is_declared_dead(
    runtime: Runtime, character_id: str, looking: Reconciler, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = asked(runtime, character_id)
    begin(Run(runtime, character_id, token))
    before = status(runtime, character_id)
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{free_port()}/api")
    flow_settings.cache_clear()

    for _ in range(3):
        clock.now += 86_400
        with pytest.raises(PrefectUnreachable):
            looking.look()

    assert status(runtime, character_id) == before
    assert told(runtime, token, EventKind.RUN_RESUMED) == []


def test_a_run_without_a_sign_of_life_is_ended_and_goes_on_and_one_with_is_left(
    runtime: Runtime, prefect_server: PrefectServer, looking: Reconciler, clock: Clock
) -> None:
    lost, alive, told_by_the_record = (new_character(runtime, shade) for shade in (20, 60, 100))
    tokens = {person: asked(runtime, person) for person in (lost, alive, told_by_the_record)}
    looking.look()
    for token in tokens.values():
        becomes(prefect_server, token, "RUNNING")
        beats(prefect_server, token)
    looking.look()

    for _ in range(4):
        clock.now += SILENT_SECONDS / 2
        beats(prefect_server, tokens[alive])
        Run(runtime, told_by_the_record, tokens[told_by_the_record]).record_event(
            EventKind.STEP_FINISHED, "Something"
        )
        looking.look()

    assert flow_runs(prefect_server, tokens[lost])[0]["state_name"] == "AwaitingRetry"
    assert len(told(runtime, tokens[lost], EventKind.RUN_RESUMED)) == 1
    for person in (alive, told_by_the_record):
        assert flow_runs(prefect_server, tokens[person])[0]["state_name"] == "Running"


def test_a_run_that_never_sent_a_heartbeat_is_given_the_time_of_the_longest_step(
    runtime: Runtime, character_id: str, prefect_server: PrefectServer, looking: Reconciler, clock: Clock
) -> None:
    token = asked(runtime, character_id)
    looking.look()
    becomes(prefect_server, token, "RUNNING")
    looking.look()
    clock.now += SILENT_SECONDS * 2
    looking.look()
    assert flow_runs(prefect_server, token)[0]["state_name"] == "Running"

    clock.now += NEVER_HEARD_SECONDS
    looking.look()

    assert flow_runs(prefect_server, token)[0]["state_name"] == "AwaitingRetry"


def test_on_a_full_disk_no_try_is_wasted_and_it_goes_on_when_there_is_room(
    runtime: Runtime, character_id: str, prefect_server: PrefectServer, looking: Reconciler,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    token = asked(runtime, character_id)
    looking.look()
    becomes(prefect_server, token, "FAILED")
    with monkeypatch.context() as full:
        full.setattr(reconciler, "has_room", lambda: False)
        assert looking.look() == 0
    assert told(runtime, token, EventKind.RUN_RESUMED) == []

    assert looking.look() == 1


def test_a_pass_that_fails_is_followed_by_the_next(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    passes: list[int] = []
    stopped = threading.Event()

    def failing() -> int:
        passes.append(1)
        if len(passes) == 3:
            stopped.set()
        raise (PrefectUnreachable("away") if len(passes) == 1 else ValueError("a mistake"))

    looking = Reconciler(runtime)
    monkeypatch.setattr(looking, "look", failing)

    looking.run(stopped, every=0.01)

    assert len(passes) == 3


def beats(server: PrefectServer, token: str) -> None:
    """A heartbeat of a run, as its engine sends it."""
    (run,) = flow_runs(server, token)
    event = {
        "id": str(uuid.uuid4()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": "prefect.flow-run.heartbeat",
        "resource": {"prefect.resource.id": f"prefect.flow-run.{run['id']}"},
        "payload": {},
    }
    server.http.post("/events", json=[event]).raise_for_status()
    until(lambda: newest_heartbeat(run["id"]) == event["id"], "the heartbeat to be kept")
