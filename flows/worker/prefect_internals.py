"""Every private name of Prefect that our workers stand on, in one place.

A contract test imports each of them and checks the shape used here; requirements.in pins the version.
STORYKIN_WORKER=process needs the executor, the handle and the starter alone.
"""

from prefect.runner._control_channel import ControlSignalStatus
from prefect.runner._flow_run_executor import FlowRunExecutorContext
from prefect.runner._hook_runner import HookRunner
from prefect.runner._process_manager import ProcessHandle, create_isolated_termination_scope
from prefect.runner._starter_engine import EngineCommandStarter

__all__ = [
    "ControlSignalStatus",
    "EngineCommandStarter",
    "FlowRunExecutorContext",
    "HookRunner",
    "ProcessHandle",
    "create_isolated_termination_scope",
]
