"""The worker's client of the fork server: starts it, requests children, receives how they end."""

import asyncio
import itertools
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Self

from flows.meters import worker_meters
from flows.worker.ahead import ForkedAhead
from flows.worker.messages import ForkRequest, Lines, Reply, encode_line


class ForkedProcess:
    """A child of the fork server. Has what Prefect asks of a process: `pid` and `returncode`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stopped_on_purpose = False  # stopped on purpose: however it ends is no crash
        self._ended = asyncio.Event()

    async def wait(self) -> int | None:
        """Wait for its end; returns the exit code, negative for a signal."""
        await self._ended.wait()
        return self.returncode

    def end(self, code: int) -> None:
        """Note that it has ended."""
        self.returncode = 0 if self.stopped_on_purpose else code
        self._ended.set()


class Forks:
    """Forks children through a fork server, which is started when needed and restarted if it dies."""

    def __init__(self, modules: Sequence[str], ahead: ForkedAhead | None = None) -> None:
        """`ahead` is the first server, where this process has forked it; any other is a new Python."""
        self._modules = modules
        self._ahead = ahead
        self._numbers = itertools.count(1)
        self._starting: dict[int, asyncio.Future[ForkedProcess]] = {}
        self._running: dict[int, ForkedProcess] = {}
        self._server: subprocess.Popen[bytes] | ForkedAhead | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reader_task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._ensure_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reader_task is not None:
            self._reader_task.cancel()
        if self._writer is not None:
            self._writer.close()
        if self._server is not None:
            # It kills what still runs and ends by itself when its socket does; not waited for under a
            # shutdown, only reaped if it was quick.
            await asyncio.to_thread(_reap, self._server)

    async def fork(self, request: ForkRequest) -> ForkedProcess:
        """Fork a child for `request` (its number is given here). Raises ConnectionError if that fails."""
        writer = await self._ensure_server()
        request = replace(request, number=next(self._numbers))
        started = asyncio.get_running_loop().create_future()
        self._starting[request.number] = started
        writer.write(encode_line(request))
        await writer.drain()
        process: ForkedProcess = await started
        return process

    async def _ensure_server(self) -> asyncio.StreamWriter:
        if self._writer is not None:
            return self._writer
        if self._ahead is not None:
            self._server, ours = self._ahead, self._ahead.control
            self._ahead = None
        else:
            self._server, ours = self._start_server()
        worker_meters().fork_server_started()
        reader, self._writer = await asyncio.open_connection(sock=ours)
        self._reader_task = asyncio.create_task(self._listen(reader))
        return self._writer

    def _start_server(self) -> tuple["subprocess.Popen[bytes]", socket.socket]:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "flows.worker.fork_server", str(os.getpid()), str(theirs.fileno())]
        with theirs:
            server = subprocess.Popen(  # noqa: S603 - our own module; returns at once
                [*command, *self._modules],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # a Ctrl-C at the terminal is for the worker to translate
            )
        return server, ours

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        lines = Lines()
        while data := await reader.read(1 << 16):
            for document in lines.feed(data):
                self._handle_reply(Reply(**document))
        server = self._server
        self._lose_server()
        if server is not None:
            await asyncio.to_thread(_reap, server)

    def _handle_reply(self, reply: Reply) -> None:
        if reply.code is not None:
            process = self._running.pop(reply.number, None)
            if process is not None:
                process.end(reply.code)
            return
        process = self._running[reply.number] = ForkedProcess(reply.pid)
        started = self._starting.pop(reply.number)
        if started.cancelled():  # whoever requested it no longer waits, so nobody would ever stop it
            os.killpg(reply.pid, signal.SIGKILL)
        else:
            started.set_result(process)

    def _lose_server(self) -> None:
        """The fork server died and its children with it; the next request starts another."""
        if self._writer is not None:
            self._writer.close()
        self._writer = None
        for process in self._running.values():
            process.end(-signal.SIGKILL)
        self._running.clear()
        for started in self._starting.values():
            if not started.done():
                started.set_exception(ConnectionError("the fork server ended before it could start the run"))
        self._starting.clear()


def _reap(server: "subprocess.Popen[bytes] | ForkedAhead") -> None:
    try:
        server.wait(5)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
