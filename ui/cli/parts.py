"""`storykin worker` and `storykin studio`: the parts that `storykin up` starts together, each by itself."""

import os

from db.log import configure_logging
from db.settings import record_settings
from flows.deployments import chosen_queues
from flows.prefect_environment import connect_to
from flows.settings import flow_settings
from flows.submit import api_url
from tasks.errors import UsageError
from ui.cli.arguments import check_port
from ui.settings import studio_settings

DONE = 0


def worker(name: str | None, queues: list[str], limit: int | None) -> int:
    """Take runs until told to stop; what is under way then goes back to the pool.

    Raises PrefectUnreachable where no Prefect is known; one that does not answer yet is waited for.
    """
    if limit is not None and limit < 1:
        raise UsageError("A worker takes at least one run at a time.", code="usage")
    given = {
        "STORYKIN_WORKER_NAME": name,
        "STORYKIN_WORKER_QUEUES": ",".join(queues) or None,
        "STORYKIN_WORKER_LIMIT": str(limit) if limit is not None else None,
    }
    os.environ.update({key: value for key, value in given.items() if value is not None})
    flow_settings.cache_clear()
    chosen_queues()
    connect_to(api_url(), record_settings().home)
    configure_logging()
    # Imported here: Prefect reads its environment once.
    if flow_settings().worker == "process":
        from flows.process_worker import OwnProcessWorker  # noqa: PLC0415
        from flows.run_worker import run_worker  # noqa: PLC0415

        run_worker(OwnProcessWorker)
    else:
        from flows.worker.work import work  # noqa: PLC0415

        work()
    return DONE


def studio(host: str | None, port: int | None) -> int:
    """Serve the studio until told to stop. Prefect may be away: the studio says so, and is there all the
    same. Raises StorykinError if it can't start.
    """
    check_port(port)
    configure_logging()
    from ui.serve import serve  # noqa: PLC0415 - it imports Gradio

    chosen = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    serve(studio_settings().model_copy(update=chosen))
    return DONE
