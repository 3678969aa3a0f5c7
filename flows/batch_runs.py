"""The flow runs of a batch, asked of Prefect by plain HTTP: one that follows it, and one a chunk."""

from typing import Any

from flows.submit import OVER, FlowRunSeen, ask, cancel_run, flow_run
from tasks.traces.spans import run_labels

FOLLOWING = "rerun-batch/nightly"
CHUNKS = "batch-chunk/chunk"


def submit_following(batch_id: str, run_token: str, *, after: str | None) -> str:
    """Have somebody follow the batch, `after` the flow run that did so before; returns the flow run's id.

    Any number of askers get the same run. Raises PrefectUnreachable.
    """
    key = f"{batch_id}:after:{after or 'nobody'}"
    return _submit(FOLLOWING, {"run_token": run_token}, key, batch_id, f"batch {batch_id[-8:]}")


def submit_chunk(batch_id: str, number: int, submission: int) -> str:
    """Have a chunk drawn, on any worker; returns the flow run's id. The same submission is the same run.

    Raises PrefectUnreachable.
    """
    name = f"batch {batch_id[-8:]} chunk {number}"
    parameters = {"batch_id": batch_id, "number": number}
    return _submit(CHUNKS, parameters, f"{batch_id}:{number}:{submission}", batch_id, name)


def cancel_waiting(flow_run_id: str) -> bool:
    """Cancel the flow run unless a process has begun it. Raises PrefectUnreachable."""
    seen = flow_run(flow_run_id)
    if seen is None or seen.state_type != "SCHEDULED":
        return False
    cancel_run(seen)
    return True


def seen_run(flow_run_id: str) -> FlowRunSeen | None:
    """The flow run as Prefect holds it, None where it holds none. Raises PrefectUnreachable."""
    return flow_run(flow_run_id)


def waiting_runs(batch_id: str) -> list[FlowRunSeen]:
    """The flow runs of the batch that no process has begun. Raises PrefectUnreachable."""
    wanted = {
        "flow_runs": {"tags": {"all_": [_tag(batch_id)]}, "state": {"type": {"any_": ["SCHEDULED"]}}},
        "limit": 200,
    }
    found: Any = ask("POST", "/flow_runs/filter", wanted)
    return [FlowRunSeen.of(each) for each in found]


def cancel_all_waiting(batch_id: str) -> None:
    """Cancel every flow run of the batch that no process has begun. Raises PrefectUnreachable."""
    for each in waiting_runs(batch_id):
        if each.state_type not in OVER:
            cancel_run(each)


def _tag(batch_id: str) -> str:
    return f"batch:{batch_id}"


def _submit(deployment: str, parameters: dict[str, Any], key: str, batch_id: str, name: str) -> str:
    found = ask("GET", f"/deployments/name/{deployment}")
    wanted = {
        "name": name,
        "parameters": parameters,
        "idempotency_key": key,
        "tags": [_tag(batch_id)],
        "state": {"type": "SCHEDULED", "message": "Asked for by its batch."},
        **run_labels(),
    }
    return str(ask("POST", f"/deployments/{found['id']}/create_flow_run", wanted)["id"])
