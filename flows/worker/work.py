"""The warm worker's process, which forks the first fork server out of itself: what both have imported is in
memory once.

Prefect and the flows are some hundred megabytes and a second of CPU, which a Python of its own has again.
Should this server end, the next one is such a Python: by then the worker has threads and an event loop, and
can't be forked any more.
"""

import os
import socket
from collections.abc import Iterable

from flows.die_with_parent import die_with_parent
from flows.run_worker import run_worker
from flows.worker.ahead import ForkedAhead
from flows.worker.fork_server import freeze, preload_engine, serve_and_execute
from flows.worker.preload import modules_to_preload
from flows.worker.warm_worker import WarmWorker
from tasks.entry_point import prepare_process


def work() -> None:
    """Work until a stop signal. Returns in the fork server and in its children too, at their end."""
    prepare_process()
    ahead = fork_ahead(modules_to_preload())
    if ahead is not None:
        WarmWorker.forked_ahead = ahead
        run_worker(WarmWorker)


def fork_ahead(modules: Iterable[str]) -> ForkedAhead | None:
    """Import what every run needs and `modules`, then fork the fork server: to be called while this process
    has one thread.

    Returns it to the worker. Returns None in the server and in its children, at their end: then there is
    nothing left to do but to leave.
    """
    preload_engine(modules)
    freeze()
    worker = os.getpid()
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid != 0:
        theirs.close()
        return ForkedAhead(pid, ours)
    ours.close()
    os.setsid()  # a Ctrl-C at the terminal is for the worker to translate
    die_with_parent(worker)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    serve_and_execute(theirs)
    return None
