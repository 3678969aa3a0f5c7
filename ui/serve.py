"""Start the studio: `python -m ui.serve [--host H] [--port P]`."""

import argparse
import socket
import sys
from typing import Protocol

import uvicorn

from db.errors import UserFacingError
from db.log import Log, configure_logging
from flows.reconciler import Reconciler, reconciling
from tasks.entry_point import prepare_process
from tasks.errors import UsageError
from tasks.notices.loop import delivering
from tasks.traces.setup import tracing
from ui.app import authenticator_of, create_app
from ui.services import StudioServices, production_services
from ui.settings import StudioSettings, studio_settings
from ui.slow_clients import TimedProtocol

GRACE_SECONDS = 3  # event streams of open tabs are cut after this

log = Log("studio")


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket bound to `host`:`port` (0: any free one). UsageError `port_taken` when it is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP: for a socket of protocol 0, asyncio never sets TCP_NODELAY, and every answer waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise UsageError(
            f"Port {port} is taken by another program. Stop that one, or set STORYKIN_PORT to a free port.",
            code="port_taken",
        ) from None
    return listener


class Closes(Protocol):
    """What works beside the requests, until it is told to stop."""

    def close(self) -> None:
        """Stop; returns at once."""
        ...


class StudioServer(uvicorn.Server):
    """uvicorn's server, which lets go of the streams of open tabs, and of what looks at pictures, before it
    waits for them.
    """

    def __init__(self, config: uvicorn.Config, *beside: Closes) -> None:
        super().__init__(config)
        self._beside = beside

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what works beside the requests, then stop as usual."""
        for each in self._beside:
            each.close()
        await super().shutdown(sockets)


def require_sign_in(settings: StudioSettings, services: StudioServices) -> None:
    """Raise UsageError `no_user` where others can reach the studio, and nobody has an account yet."""
    authenticator = authenticator_of(settings, services)
    if authenticator.must_sign_in and not authenticator.has_accounts():
        raise UsageError(
            "The studio would be open to everybody: it is set up to be reached from beyond this machine "
            "(STORYKIN_HOST, STORYKIN_PUBLIC_ORIGIN or STORYKIN_TRUSTED_PROXIES), and nobody has an account. "
            "Run `storykin user add you@example.org` first.",
            code="no_user",
        )


def serve(settings: StudioSettings) -> None:
    """Serve the studio until it is told to stop. Raises StorykinError if it can't start."""
    with listening_socket(settings.host, settings.port) as listener:
        services = production_services()
        require_sign_in(settings, services)
        app = create_app(settings, services)
        log.info("studio listening", port=listener.getsockname()[1])
        config = uvicorn.Config(
            app,
            http=TimedProtocol,
            access_log=False,
            log_level="warning",
            timeout_graceful_shutdown=GRACE_SECONDS,
            server_header=False,
            proxy_headers=False,
        )
        reconciler = Reconciler(services.runtime)
        with tracing("studio"), reconciling(reconciler), delivering(services.record):
            StudioServer(config, app.state.live, app.state.eyes).run(sockets=[listener])


def main(arguments: list[str] | None = None) -> int:
    """The command; 0 when stopped in order, 1 with a sentence on stderr when it could not start."""
    prepare_process()
    defaults = studio_settings()
    parser = argparse.ArgumentParser(prog="python -m ui.serve", description="Start the studio.")
    parser.add_argument("--host", default=defaults.host)
    parser.add_argument("--port", type=int, default=defaults.port)
    chosen = parser.parse_args(arguments)
    try:
        configure_logging()
        serve(defaults.model_copy(update={"host": chosen.host, "port": chosen.port}))
    except UserFacingError as error:
        sys.stderr.write(f"{error.sentence}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
