"""Everything in one start: database, Prefect server, deployments, worker, studio."""

from flows.launch.launcher import launch
from flows.launch.options import LaunchOptions

__all__ = ["LaunchOptions", "launch"]
