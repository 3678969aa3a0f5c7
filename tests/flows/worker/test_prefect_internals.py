"""The private parts of Prefect that the warm worker stands on still have the shape it was written for."""

import dataclasses
import importlib.metadata
import inspect
import re
from pathlib import Path
from uuid import uuid4

import prefect
from prefect.workers.base import BaseWorker

from flows.worker import WarmWorker
from flows.worker.prefect_internals import (
    ControlSignalStatus,
    FlowRunExecutorContext,
    HookRunner,
    ProcessHandle,
    create_isolated_termination_scope,
)
from tests.support.prefect_server import ROOT

PRIVATE = ("_submit_scheduled_flow_runs", "_submit_run", "_cancel_run")


def parameters(function: object) -> set[str]:
    return set(inspect.signature(function).parameters)  # type: ignore[arg-type]


def test_the_installed_prefect_is_the_one_that_is_pinned() -> None:
    pinned = re.search(r"^prefect==(\S+)$", (ROOT / "requirements.in").read_text(), re.MULTILINE)

    assert pinned is not None
    assert prefect.__version__ == pinned[1]


def test_private_names_are_imported_in_one_module_only() -> None:
    private = re.compile(r"(?:from|import) prefect[\w.]*\._\w+")

    found = [path.name for path in Path(ROOT / "flows").rglob("*.py") if private.search(path.read_text())]

    assert found == ["prefect_internals.py"]


def test_the_executor_is_made_and_used_as_we_do() -> None:
    made = parameters(FlowRunExecutorContext.create_executor)

    assert {"flow_run", "starter", "hook_runner", "propose_submitting"} <= made


async def test_the_executor_context_has_the_parts_that_we_reach_for() -> None:
    context = FlowRunExecutorContext()
    source = inspect.getsource(type(context).__aenter__)

    for part in ("client", "control_channel", "process_manager"):
        assert f"self.{part} = " in source


def test_the_process_manager_tells_of_its_runs() -> None:
    from prefect.runner._process_manager import ProcessManager

    manager = ProcessManager()

    assert manager.flow_run_ids() == set()
    assert manager.get(uuid4()) is None


def test_a_handle_wraps_whatever_has_a_pid_and_a_returncode() -> None:
    class Process:
        pid = 4_000_000  # beyond any process id of this kernel
        returncode = -9

    process = Process()
    handle = ProcessHandle(
        process,  # type: ignore[arg-type]
        termination_scope=create_isolated_termination_scope(process.pid),
    )

    assert (handle.pid, handle.returncode) == (process.pid, process.returncode)
    assert id(handle.raw_process) == id(process)
    assert not handle.is_alive()


def test_the_control_channel_registers_and_signals() -> None:
    from prefect.runner._control_channel import ControlChannel

    assert parameters(ControlChannel.register) == {"self", "flow_run_id"}
    assert parameters(ControlChannel.signal) == {"self", "flow_run_id", "intent"}
    assert "reschedule" in inspect.getsource(inspect.getmodule(ControlChannel))  # type: ignore[arg-type]
    assert {each.name for each in ControlSignalStatus} == {
        "ACKNOWLEDGED",
        "ALREADY_CONCLUDED",
        "NOT_ACKNOWLEDGED",
    }


def test_hooks_are_run_by_flow_run_and_state() -> None:
    for method in (HookRunner.run_crashed_hooks, HookRunner.run_cancellation_hooks):
        assert parameters(method) == {"self", "flow_run", "state"}
    assert parameters(HookRunner) == {"resolve_flow"}


def test_the_executor_result_has_the_fields_that_we_read() -> None:
    from prefect.runner._flow_run_executor import FlowRunExecutionResult

    assert {"handle", "status_code"} <= {each.name for each in dataclasses.fields(FlowRunExecutionResult)}


def test_the_engine_reads_run_and_flow_from_its_environment() -> None:
    import prefect.engine
    import prefect.flow_engine

    assert "PREFECT__FLOW_RUN_ID" in inspect.getsource(prefect.engine)
    assert "PREFECT__FLOW_ENTRYPOINT" in inspect.getsource(prefect.flow_engine.load_flow)


def test_the_base_worker_still_has_what_we_override_and_use() -> None:
    worker = WarmWorker(work_pool_name="storykin")

    assert {"_exit_stack", "_runs_task_group", "_logger"} <= vars(worker).keys()
    for method in ("setup", "teardown", "get_and_submit_flow_runs", "run", *PRIVATE):
        assert inspect.iscoroutinefunction(getattr(BaseWorker, method))
    assert parameters(BaseWorker._submit_scheduled_flow_runs) == {"self", "flow_run_response"}
    assert parameters(BaseWorker._release_limit_slot) == {"self", "flow_run_id"}
    assert "self._release_limit_slot(" in inspect.getsource(BaseWorker._submit_run_and_capture_errors)
    assert parameters(BaseWorker._submit_run) == {"self", "flow_run"}
    assert parameters(BaseWorker._cancel_run) == {"self", "flow_run_id"}
    assert {"_limiter", "_submitting_flow_run_ids", "_cancelling_observer"} <= vars(worker).keys()


def test_prefect_finds_the_worker_by_its_entry_point() -> None:
    text = (ROOT / "pyproject.toml").read_text()

    assert re.search(r'\[project\.entry-points\."prefect\.collections"\]\nstorykin = "flows\.worker"', text)
    assert BaseWorker.get_worker_class_from_type("storykin-warm") is WarmWorker
    assert importlib.metadata.version("prefect")
