"""Which modules are worth importing before the forks: those that the deployments run."""

from flows.deployments import read_deployments
from flows.settings import flow_settings
from tasks.settings import provider_settings
from tasks.traces.settings import trace_settings
from tasks.traces.setup import EXPORTER

EYES = "tasks.intake.normalize"  # what the first step of a run sees with: OpenCV takes a while to import


def modules_to_preload() -> list[str]:
    """The modules of STORYKIN_PRELOAD, or else of the entrypoints in prefect.yaml and what sees, where
    this worker does; and what sends traces, where any are sent.
    """
    named = [name.strip() for name in flow_settings().preload.split(",") if name.strip()]
    modules = named or sorted({each.module for each in read_deployments() if each.module})
    if not named and provider_settings().compares_here:
        modules.append(EYES)
    return [*modules, EXPORTER] if trace_settings().traces_to else modules
