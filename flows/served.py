"""Whether Prefect has what our runs need: every deployment of prefect.yaml, and a worker at every queue."""

from db.told import told
from flows.deployments import QUEUES, read_deployments, work_pool
from flows.submit import ask
from tasks.errors import StorykinError


class NotDeployed(StorykinError):
    """Prefect lacks a deployment of ours."""

    code = "not_deployed"


class NobodyServes(StorykinError):
    """Runs of a queue would wait for a worker that is not there."""

    code = "no_worker"


def check_deployments() -> str:
    """A sentence, if Prefect holds every deployment. Raises NotDeployed, PrefectUnreachable."""
    there = {each["name"] for each in ask("POST", "/deployments/filter", {"limit": 200})}
    missing = [each.name for each in read_deployments() if each.name not in there]
    if missing:
        raise NotDeployed(
            told("Prefect does not know %(missing)s yet. Run `storykin deploy`.", missing=", ".join(missing))
        )
    return "Prefect knows every deployment."


def check_queues() -> str:
    """A sentence, if a worker looks after every queue. Raises NobodyServes, PrefectUnreachable.

    Prefect judges that by its own clock, a minute after the last poll: ours may be wrong. A queue that an
    operator has paused is none that nobody serves.
    """
    queues = ask("POST", f"/work_pools/{work_pool()}/queues/filter", {"limit": 200})
    states = {each["name"]: each["status"] for each in queues}
    silent = [name for name in QUEUES if states.get(name, "NOT_READY") == "NOT_READY"]
    if silent:
        raise NobodyServes(
            told(
                "No worker looks after the queue %(silent)s: what is put there waits. Start one with "
                "`storykin worker`.",
                silent=", ".join(silent),
            )
        )
    return "Every queue has a worker."
