"""A worker with its hands full still takes housekeeping, and of anything else no more than its limit."""

import uuid

import pytest
from prefect.client.schemas.objects import FlowRun

from flows.deployments import BATCH_QUEUE, HOUSEKEEPING_QUEUE, QUEUES
from flows.worker.slots import Slots
from tests.flows.worker.conftest import Diary, Worker
from tests.support.prefect_server import PrefectServer
from tests.support.waiting import until


def runs(queue: str, count: int) -> list[FlowRun]:
    return [FlowRun(id=uuid.uuid4(), flow_id=uuid.uuid4(), work_queue_name=queue) for _ in range(count)]


def test_housekeeping_has_a_place_of_its_own_and_no_more() -> None:
    slots = Slots(2)
    people, housekeeping = runs("interactive", 3), runs(HOUSEKEEPING_QUEUE, 2)

    assert slots.admit(people) == people[:2]
    assert slots.admit([*housekeeping, *people]) == [housekeeping[0], *people[:2]]

    slots.release(people[0].id)
    assert slots.admit(people[2:]) == people[2:]
    slots.release(housekeeping[0].id)
    assert slots.admit(housekeeping[1:]) == housekeeping[1:]


def test_batches_leave_a_place_to_a_person_unless_it_is_the_only_one() -> None:
    slots = Slots(3)
    batch, people = runs(BATCH_QUEUE, 4), runs("interactive", 2)

    assert slots.admit([*batch, *people]) == [*batch[:2], people[0]]
    slots.release(batch[0].id)
    assert slots.admit([people[1], *batch[2:]]) == [people[1]]
    slots.release(people[0].id)
    assert slots.admit(batch[2:]) == [batch[2]]
    assert Slots(1).admit(batch) == batch[:1]


def test_a_freed_slot_says_whether_anything_waits_for_one() -> None:
    slots = Slots(2)
    people = runs("interactive", 3)

    slots.admit(people[:2])
    assert not slots.release(people[0].id)
    slots.admit(people)
    assert slots.release(people[1].id)


@pytest.mark.server
@pytest.mark.postgres
def test_it_runs_while_every_place_is_taken_and_more_are_waiting(
    prefect_server: PrefectServer, worker: Worker, diary: Diary
) -> None:
    long, last = [uuid.uuid4().hex for _ in range(5)], uuid.uuid4().hex
    flow_runs = [prefect_server.submit("ping/stub", run=run, seconds=900) for run in long]
    until(lambda: len([line for line in diary.lines(what="began") if line["run"] in long]) == 4, "four runs")

    kept = prefect_server.submit("ping/stub", queue=HOUSEKEEPING_QUEUE, run=last)

    prefect_server.wait_for(kept, "Completed")
    assert len([line for line in diary.lines(what="began") if line["run"] in long]) == 4
    for each in flow_runs:
        prefect_server.cancel(each)
    for each in flow_runs:
        prefect_server.wait_for(each, "Cancelled")


@pytest.mark.server
@pytest.mark.postgres
@pytest.mark.usefixtures("stubs")
def test_housekeeping_comes_first_then_people_then_batches(prefect_server: PrefectServer) -> None:
    queues = prefect_server.ask("POST", "/work_pools/storykin/queues/filter", {})

    ours = sorted((each for each in queues if each["name"] in QUEUES), key=lambda each: each["priority"])

    assert [each["name"] for each in ours] == ["housekeeping", "interactive", "batch"]


@pytest.mark.server
@pytest.mark.postgres
def test_who_waits_for_a_slot_gets_it_as_soon_as_one_is_free(
    prefect_server: PrefectServer, worker: Worker, diary: Diary
) -> None:
    """The clock alone polls every quarter of an hour here, and no event tells of a free slot."""
    long, waiting = [uuid.uuid4().hex for _ in range(4)], uuid.uuid4().hex
    flow_runs = [prefect_server.submit("ping/stub", run=run, seconds=900) for run in long]
    until(lambda: len([line for line in diary.lines(what="began") if line["run"] in long]) == 4, "four runs")
    fifth = prefect_server.submit("ping/stub", run=waiting, seconds=0)

    prefect_server.cancel(flow_runs[0])

    prefect_server.wait_for(fifth, "Completed")
    for each in flow_runs[1:]:
        prefect_server.cancel(each)
    for each in flow_runs:
        prefect_server.wait_for(each, "Cancelled")
