"""Stands in for the studio: answers /healthz on STORYKIN_PORT. STUB_STUDIO says how it fails instead."""

import http.server
import os
import sys


class _Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        del format, args


if os.environ.get("STUB_STUDIO") == "dies":
    sys.exit("StudioError: the stand-in was told to die")

http.server.HTTPServer(("127.0.0.1", int(os.environ["STORYKIN_PORT"])), _Healthy).serve_forever()
