"""The process that commands of `tests.support.commands` are forked from: it imports, listens, and forks."""

import array
import gc
import importlib
import io
import json
import os
import pkgutil
import select
import signal
import socket
import sys

import ui.cli

ASKS_PREFECT = {"deploy", "parts", "up", "dashboard", "service"}
ELSEWHERE = (
    "PIL.Image",
    "flows.request_run",
    "sqlalchemy.dialects.postgresql.psycopg",
    "tasks.providers.local.illustrator",
    "tasks.providers.local.vision",
    "tasks.providers.openai.vision",
    "tasks.providers.replicate.image",
    "tasks.recheck_photo",
    "tasks.score_likeness",
)


def serve(listener: socket.socket) -> None:
    """Fork a command for each order that comes, until our standard input is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # of those who wait for commands nobody is waited for
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        line, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _wait_for_a_command(line)
        line.close()


def _wait_for_a_command(line: socket.socket) -> None:
    order, streams = _order(line)
    command = os.fork()
    if command == 0:
        line.close()
        _become(order, streams)
    _, status = os.waitpid(command, 0)
    line.sendall(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _order(line: socket.socket) -> "tuple[dict[str, object], array.array[int]]":
    streams = array.array("i")
    text = b""
    while True:
        part, ancillary, _, _ = line.recvmsg(65536, socket.CMSG_LEN(3 * streams.itemsize))
        for _level, _kind, data in ancillary:
            streams.frombytes(data)
        if not part:
            return json.loads(text), streams
        text += part


def _become(order: dict[str, object], streams: "array.array[int]") -> None:
    """Be what `python -m ui.cli …` would be; never returns."""
    environment, arguments = order["environment"], order["arguments"]
    assert isinstance(environment, dict) and isinstance(arguments, list)
    os.environ.clear()
    os.environ.update(environment)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    sys.stdin, sys.stdout, sys.stderr = (
        io.TextIOWrapper(io.BufferedReader(io.FileIO(0)), encoding),
        io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w")), encoding),
        io.TextIOWrapper(
            io.BufferedWriter(io.FileIO(2, "w")), encoding, "backslashreplace", line_buffering=True
        ),
    )
    sys.argv = ["storykin", *arguments]
    os.setsid()
    os.umask(0o022)
    try:
        sys.exit(ui.cli.main(arguments))
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    sys.stdout.flush()
    os._exit(status)


if __name__ == "__main__":
    for module in pkgutil.iter_modules(ui.cli.__path__, "ui.cli."):
        if module.name.rpartition(".")[2] not in ASKS_PREFECT | {"__main__"}:
            importlib.import_module(module.name)
    for name in ELSEWHERE:
        importlib.import_module(name)
    assert "prefect" not in sys.modules  # it reads its settings when it is imported
    gc.freeze()
    serve(socket.socket(fileno=int(sys.argv[1])))
