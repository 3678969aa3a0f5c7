"""The fork server: a process with the flows imported, that forks one child for each request.

It has one thread and opens nothing but the socket to its worker, so that a fork of it is safe. When the
worker goes away, however that happens, the socket ends; the server then kills its children and ends too.
"""

import gc
import importlib
import os
import selectors
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Iterable

from flows.die_with_parent import die_with_parent
from flows.worker.messages import ForkRequest, Lines, Reply, encode_line

# What every flow run needs, imported once for all of them.
ENGINE_MODULES = (
    "prefect.main",
    "prefect.engine",
    "prefect.flow_engine",
    "prefect.task_engine",
    "prefect.client.orchestration",
    "prefect.events.worker",
    "prefect.logging.configuration",
    "prefect.logging.handlers",
    "flows.worker.child",
)


class ForkServer:
    """Forks a child per ForkRequest that comes over `control`, and replies when it starts and ends."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._lines = Lines()
        self._children: dict[int, int] = {}  # pid: the request's number
        self._pid = os.getpid()

    def serve(self) -> ForkRequest | None:
        """Fork until the worker is gone. Returns None then, in the server; in a child, its request."""
        wake, wake_receiver = socket.socketpair()
        wake.setblocking(False)
        wake_receiver.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # a handler must exist for the wake-up to be written
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            selector.register(wake_receiver, selectors.EVENT_READ)
            selector.register(self._control, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is wake_receiver:
                        wake_receiver.recv(4096)
                        self._report_ended()
                        continue
                    data = self._recv()
                    if not data:
                        self._kill_children()
                        return None
                    request = self._fork_all(data)
                    if request is not None:
                        signal.set_wakeup_fd(-1)
                        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                        for each in (wake, wake_receiver, self._control):
                            each.close()
                        return request

    def _recv(self) -> bytes:
        try:
            return self._control.recv(1 << 16)
        except ConnectionError:
            return b""

    def _fork_all(self, data: bytes) -> ForkRequest | None:
        for document in self._lines.feed(data):
            request = ForkRequest(**document)
            pid = os.fork()
            if pid == 0:
                os.setpgid(0, 0)
                die_with_parent(self._pid)
                return request
            _own_group(pid)
            self._children[pid] = request.number
            self._send(Reply(request.number, pid))
        return None

    def _report_ended(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            code = os.waitstatus_to_exitcode(status)
            self._send(Reply(self._children.pop(pid), pid, code))

    def _send(self, reply: Reply) -> None:
        try:
            self._control.sendall(encode_line(reply))
        except OSError:
            return  # the worker is gone; the next read says so

    def _kill_children(self) -> None:
        for pid in self._children:
            try:
                os.killpg(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def _own_group(pid: int) -> None:
    # Parent and child both do it, so that neither has to wait for the other before a signal may be sent.
    try:
        os.setpgid(pid, pid)
    except (ProcessLookupError, PermissionError):
        return


def preload(modules: Iterable[str]) -> None:
    """Import `modules`. One that can't be imported is left to its own runs, which will say why."""
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception:
            sys.stderr.write(f"the fork server could not import {name} ahead of time\n")
            traceback.print_exc()


def _warn_of_threads() -> None:
    others = [each.name for each in threading.enumerate() if each is not threading.main_thread()]
    if others:
        sys.stderr.write(f"an import started threads, which no fork will have: {', '.join(others)}\n")


def preload_engine(modules: Iterable[str]) -> None:
    """Import what every flow run needs, and `modules`."""
    preload((*ENGINE_MODULES, *modules))
    _warn_of_threads()


def freeze() -> None:
    """What is here now is garbage to no one: whoever is forked needn't copy it to find out."""
    gc.collect()
    gc.freeze()


def serve_and_execute(control: socket.socket) -> None:
    """Serve the worker at the other end of `control`; in a child, carry out its request."""
    request = ForkServer(control).serve()
    if request is not None:
        from flows.worker.child import execute  # noqa: PLC0415 - imported already, and only a child needs it

        execute(request)


def main(arguments: list[str]) -> None:
    """Serve the worker with process id `arguments[0]` on the socket `arguments[1]`, the rest preloaded."""
    parent, descriptor, *modules = arguments
    die_with_parent(int(parent))
    preload_engine(modules)
    freeze()
    serve_and_execute(socket.socket(fileno=int(descriptor)))


if __name__ == "__main__":
    main(sys.argv[1:])
