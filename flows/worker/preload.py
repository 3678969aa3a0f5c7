"""Which modules are worth importing before the forks: those that the deployments run."""

from flows.deployments import read_deployments
from flows.settings import flow_settings


def modules_to_preload() -> list[str]:
    """The modules of STORYKIN_PRELOAD, or else of the entrypoints in prefect.yaml."""
    named = [name.strip() for name in flow_settings().preload.split(",") if name.strip()]
    if named:
        return named
    return sorted({each.module for each in read_deployments() if each.module})
