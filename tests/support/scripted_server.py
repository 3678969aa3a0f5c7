"""A loopback web server that answers from a script, misbehaves on request, and counts what reached it."""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """One answer. `cut` closes the connection instead; `sent` cuts it after so many bytes of the body."""

    status: int = 200
    body: Any = None  # str goes as it is, everything else as JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    sent: int | None = None
    hang: bool = False  # never answer; the connection stays open
    drip: str = ""  # "head" or "body": send a byte of it now and then, for a minute

    @property
    def patience(self) -> float:
        """Seconds to wait for it: few for what never comes, else more than a busy machine takes."""
        return 0.7 if self.hang or self.drip else 60.0


CUT = Answer(cut=True)
HANG = Answer(hang=True)


def html(status: int) -> Answer:
    return Answer(status, "<html><body>gateway</body></html>", {"Content-Type": "text/html"})


@dataclass(frozen=True)
class Seen:
    """One request as it came off the wire."""

    method: str
    path: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Script = Answer | Callable[[Seen], Answer]


class ScriptedServer:
    """`on` queues answers for a method and a path; the last one stays. Unscripted requests get a 599."""

    def __init__(self) -> None:
        self.requests: list[Seen] = []
        self.let_go = threading.Event()
        self._scripts: list[tuple[str, re.Pattern[str], list[Script]]] = []
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def on(self, method: str, path: str, *answers: Script) -> None:
        with self._lock:
            self._scripts.insert(0, (method, re.compile(path), list(answers)))

    def seen(self, method: str, path: str = "") -> list[Seen]:
        return [each for each in self.requests if each.method == method and re.search(path, each.path)]

    def answer_to(self, seen: Seen) -> Answer:
        with self._lock:
            self.requests.append(seen)
            for method, path, answers in self._scripts:
                if method == seen.method and path.search(seen.path):
                    script = answers.pop(0) if len(answers) > 1 else answers[0]
                    break
            else:
                return Answer(599, {"detail": f"no script for {seen.method} {seen.path}"})
        return script if isinstance(script, Answer) else script(seen)

    def run(self) -> None:
        self._http.serve_forever(poll_interval=0.02)

    def stop(self) -> None:
        self.let_go.set()
        self._http.shutdown()
        self._http.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:
                pass

            def _answer(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                seen = Seen(
                    self.command,
                    self.path,
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(length),
                )
                _write(self, server.answer_to(seen), server.let_go)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _answer  # noqa: N815 - http.server calls them so

        return Handler


def _write(handler: BaseHTTPRequestHandler, answer: Answer, let_go: threading.Event) -> None:
    if answer.hang:
        let_go.wait(60)
    if answer.drip:
        _drip(handler, answer, let_go)
    if answer.hang or answer.cut or answer.drip:
        handler.close_connection = True
        return
    body = answer.body if isinstance(answer.body, bytes) else None
    if body is None:
        body = (answer.body if isinstance(answer.body, str) else json.dumps(answer.body)).encode()
    usual = {"Content-Type": "application/json", "Date": handler.date_time_string()}
    headers = {**usual, **answer.headers, "Content-Length": str(len(body))}
    try:
        handler.send_response_only(answer.status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body if answer.sent is None else body[: answer.sent])
    except OSError:
        handler.close_connection = True
    if answer.sent is not None:
        handler.close_connection = True


def _drip(handler: BaseHTTPRequestHandler, answer: Answer, let_go: threading.Event) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n"
    try:
        handler.wfile.write(head + (b"X-Slow: " if answer.drip == "head" else b"\r\n"))
        for _ in range(1200):
            handler.wfile.write(b" ")
            if let_go.wait(0.05):
                return
    except OSError:
        return


@contextmanager
def scripted_server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(120)
