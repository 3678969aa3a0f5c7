"""A worker for Prefect 3.8 that starts a flow run in well under a second.

Importing this package makes the work pool type "storykin-warm" known to Prefect, which does so by the
entry point group `prefect.collections`. Private names of Prefect are all in `prefect_internals`; should an
upgrade break them, the setting STORYKIN_WORKER=process goes back to Prefect's own worker.
"""

from flows.worker.warm_worker import WarmWorker

__all__ = ["WarmWorker"]
