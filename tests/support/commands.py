"""`storykin` as its user runs it: a process of its own, with its own environment, folder and output.

Most of what a command costs is importing. So these processes are forked from one that has imported already
(`warm_commands`), as the worker's are; what is imported is the same code, and nothing of ours or of a library
that a command sets up has run in it. A test that is about the start itself runs `python -m ui.cli`.
"""

import array
import atexit
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache

from db.settings import PROJECT

Completed = subprocess.CompletedProcess[str]


def storykin(
    environment: Mapping[str, str], *arguments: str, stdin: bytes = b"", seconds: float = 240
) -> Completed:
    """Run one command to its end; what it wrote, and its exit status (negative: the signal that ended it).

    Raises subprocess.TimeoutExpired after `seconds`.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin)
        given.seek(0)
        order = json.dumps({"environment": dict(environment), "arguments": arguments}).encode()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(seconds)
            line.connect(_address())
            streams = array.array("i", [each.fileno() for each in (given, out, err)])
            line.sendmsg([order], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)])
            line.shutdown(socket.SHUT_WR)
            try:
                status = int(line.recv(16))
            except TimeoutError:
                raise subprocess.TimeoutExpired(list(arguments), seconds) from None
        said = []
        for each in (out, err):
            each.seek(0)
            said.append(each.read().decode(errors="replace"))
    return subprocess.CompletedProcess(["storykin", *arguments], status, *said)


@cache
def _address() -> str:
    """Where the warm process listens, an abstract address; it ends when this process does."""
    name = f"\0storykin-commands-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(name)
        listener.listen(16)
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.warm_commands", str(listener.fileno())],
            cwd=PROJECT,
            env=kept | {"PYTHONWARNINGS": "error::DeprecationWarning:tasks"},
            pass_fds=[listener.fileno()],
            stdin=subprocess.PIPE,  # closed with us, however we end
        )
    atexit.register(process.communicate)
    return name
