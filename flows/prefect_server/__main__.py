"""`python -m flows.prefect_server --port P --studio URL`: Prefect's server, on loopback, behind the gate.

It takes the place of `prefect server start`, which can be asked by any Host and from any origin. Settings
and secrets come from the environment and from STORYKIN_HOME.
"""

import argparse
import socket

import uvicorn
from prefect.server.api.server import create_app
from prefect.settings import get_current_settings

from db.settings import record_settings
from flows.installation_secret import installation_secret
from flows.prefect_server.gate import Gate
from flows.prefect_server.pace import keep_calm

LOOPBACK = "127.0.0.1"


def listening_socket(port: int) -> socket.socket:
    """A socket on `port`, beside the one by which the launcher keeps the port for this account."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((LOOPBACK, port))
    return listener


def main() -> None:
    """Serve Prefect's API and dashboard behind the gate until stopped."""
    parser = argparse.ArgumentParser(prog="python -m flows.prefect_server")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--studio", default="", help="where the studio is, which lets people in")
    chosen = parser.parse_args()
    settings = get_current_settings()
    secret = installation_secret(record_settings().home)
    kept = settings.server.api.auth_string
    keep_calm(settings.server.docket.url)
    with listening_socket(chosen.port) as listener:
        gate = Gate(
            create_app(final=True),
            port=chosen.port,
            secret=secret,
            auth_string=kept.get_secret_value() if kept else secret,
            studio_url=chosen.studio,
        )
        config = uvicorn.Config(
            gate,
            timeout_keep_alive=settings.server.api.keepalive_timeout,
            log_level=settings.server.logging_level.lower(),
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
