"""An OpenTelemetry collector that keeps what it is sent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector:
    """What an OpenTelemetry collector was sent, as (service, span) pairs."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        bodies = self.bodies

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/v1/traces"
                bodies.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def spans(self) -> list[tuple[str, Any]]:
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return [
            (service_of(each.resource), one)
            for request in requests
            for each in request.resource_spans
            for scope in each.scope_spans
            for one in scope.spans
        ]


def service_of(resource: Any) -> str:
    names = {each.key: each.value.string_value for each in resource.attributes}
    return str(names["service.name"])


@contextmanager
def collecting() -> Iterator[Collector]:
    """One that takes traces meanwhile, at its `address`."""
    taking = Collector()
    threading.Thread(target=taking.server.serve_forever, daemon=True).start()
    try:
        yield taking
    finally:
        taking.server.shutdown()
        taking.server.server_close()
