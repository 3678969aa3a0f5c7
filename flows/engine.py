"""`python -m flows.engine`: Prefect's engine for the run that the environment names, within its span.

For a new Python for each run; what the fork server starts is in its span already (`flows.worker.child`).
"""

import runpy

from flows.run_spans import own_run_span

MODULE = "flows.engine"

if __name__ == "__main__":
    with own_run_span():
        runpy.run_module("prefect.engine", run_name="__main__", alter_sys=True)
