"""Every private name of Prefect that the worker stands on, in one place.

A contract test imports each of them and checks the shape used here; requirements.in pins the version.
Should a new Prefect break them, STORYKIN_WORKER=process falls back on the stock worker.
"""

from prefect.runner._control_channel import ControlSignalStatus
from prefect.runner._flow_run_executor import FlowRunExecutorContext
from prefect.runner._hook_runner import HookRunner
from prefect.runner._process_manager import ProcessHandle, create_isolated_termination_scope

__all__ = [
    "ControlSignalStatus",
    "FlowRunExecutorContext",
    "HookRunner",
    "ProcessHandle",
    "create_isolated_termination_scope",
]
