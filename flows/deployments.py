"""The deployments, as prefect.yaml says: what each is called, what it runs, and which version of it."""

import hashlib
import importlib.metadata
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from flows.settings import flow_settings
from tasks.errors import StorykinError, UsageError
from tasks.settings import provider_settings

PREFECT_YAML = Path(__file__).with_name("prefect.yaml")  # the project's own, which packages carry along
HOUSEKEEPING_QUEUE = "housekeeping"
BATCH_QUEUE = "batch"
QUEUES = (HOUSEKEEPING_QUEUE, "interactive", BATCH_QUEUE)  # of the pool; the first is served first
# Our workers heed nothing that a pool sets, so any of these will do: how runs start is each machine's matter.
POOL_TYPES = ("storykin-warm", "process", "storykin-process")
# Pools of Prefect's own workers, which start a container a run: deploy/README.md.
CONTAINER_POOLS = ("docker", "kubernetes")
CHARACTER_DEPLOYMENT = "generate-character/storykin"


def work_pool() -> str:
    """The name of our work pool in Prefect."""
    return flow_settings().work_pool


def chosen_queues() -> list[str]:
    """The queues that this worker is to serve; none named means all. UsageError (`unknown_queue`)."""
    chosen = [each.strip() for each in flow_settings().worker_queues.split(",") if each.strip()]
    for each in chosen:
        if each not in QUEUES:
            there = ", ".join(QUEUES)
            raise UsageError(f"There is no queue {each!r}. There are: {there}.", code="unknown_queue")
    return chosen


@dataclass(frozen=True)
class Deployment:
    """One deployment of prefect.yaml."""

    name: str
    entrypoint: str  # "package.module.flow"
    entry: dict[str, Any]  # the whole entry

    @property
    def module(self) -> str:
        """The module that holds the flow."""
        return self.entrypoint.rpartition(".")[0]

    @property
    def flow_name(self) -> str:
        """The flow's name in Prefect: its function's, with dashes."""
        return self.entrypoint.rpartition(".")[2].replace("_", "-")

    @property
    def full_name(self) -> str:
        """How Prefect addresses it: "flow-name/deployment-name"."""
        return f"{self.flow_name}/{self.name}"

    @property
    def version(self) -> str:
        """Changes with the entry, the time zone, the flow's source (so its parameters) and Prefect."""
        digest = hashlib.sha256(json.dumps(self.entry, sort_keys=True, default=str).encode())
        digest.update(importlib.metadata.version("prefect").encode())
        digest.update(provider_settings().timezone.encode())  # of its schedules
        found = importlib.util.find_spec(self.module)
        if found is not None and found.origin is not None:
            digest.update(Path(found.origin).read_bytes())
        return digest.hexdigest()[:16]


class DeploymentsUnreadable(StorykinError):
    """prefect.yaml is not there, or does not say what is to be run."""

    code = "no_deployments"


class PoolUnfit(StorykinError):
    """Our work pool's name is taken by a pool that no worker of ours can serve."""

    code = "work_pool"


def check_pool(type_: str, also: tuple[str, ...] = ()) -> None:
    """Return if our workers serve a work pool of this type, or those of the types in `also` do.

    Raises PoolUnfit: a pool is never replaced.
    """
    if type_ not in (*POOL_TYPES, *also):
        raise PoolUnfit(
            f"Prefect has a work pool {work_pool()!r} of type {type_!r}, for which Storykin has no worker. "
            "It was left as it is, and nothing was deployed: remove that pool, or use another Prefect."
        )


def read_deployments(path: Path | None = None) -> list[Deployment]:
    """The deployments of `path`, else of STORYKIN_DEPLOYMENTS, else the project's own.

    Raises DeploymentsUnreadable.

    There is always at least one: a file that names none would take every deployment out of Prefect.
    """
    chosen = flow_settings().deployments
    path = path or (Path(chosen) if chosen else PREFECT_YAML)
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))["deployments"]
        found = [Deployment(entry["name"], entry["entrypoint"], entry) for entry in entries]
    except FileNotFoundError:
        raise DeploymentsUnreadable(
            f"There is no {path}, which names what Prefect runs. Install Storykin again, or put the file "
            "there."
        ) from None
    except (OSError, yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError):
        found = []
    if not found:
        raise DeploymentsUnreadable(f"{path} can't be read, or names no deployment: nothing was deployed.")
    if any(_sets_job_variables(each.entry) for each in found):
        raise DeploymentsUnreadable(
            f"{path} sets job variables, and no worker would run what has any: take them out, and set what a "
            "run needs in the worker's own environment."
        )
    return found


def _sets_job_variables(entry: dict[str, Any]) -> bool:
    pool = entry.get("work_pool")
    return isinstance(pool, dict) and bool(pool.get("job_variables"))
