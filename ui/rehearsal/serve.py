"""Serve a rehearsal on the loopback interface until it is told to stop."""

import socket
import sys

import uvicorn

from db.log import configure_logging
from tasks.errors import UsageError
from tasks.perception.weights import missing_weights, models_dir
from ui.rehearsal.app import create_cloud, create_rehearsal
from ui.rehearsal.fault_middleware import CuttableProtocol
from ui.rehearsal.faults import Fault
from ui.rehearsal.settings import RehearsalSettings

GRACE_SECONDS = 2


def listening_socket(port: int) -> socket.socket:
    """A listening socket on the loopback; 0 takes any free port. UsageError `port_taken` when taken."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise UsageError(
            f"Port {port} is taken by another program. Give --port a free one.", code="port_taken"
        ) from None
    return listener


def build_server(settings: RehearsalSettings, faults: list[Fault]) -> uvicorn.Server:
    """A uvicorn server for these settings and faults, to be run on a listening socket."""
    config = uvicorn.Config(
        create_rehearsal(create_cloud(settings, faults)),
        http=CuttableProtocol,
        ws="none",
        access_log=False,
        log_level="error",
        lifespan="on",
        timeout_graceful_shutdown=GRACE_SECONDS,
        server_header=False,
        proxy_headers=False,
    )
    return uvicorn.Server(config)


def serve(settings: RehearsalSettings, faults: list[Fault]) -> None:
    """Listen, print the settings to use, and serve until stopped. UsageError when it can't start."""
    configure_logging()
    with listening_socket(settings.port) as listener:
        server = build_server(settings, faults)
        sys.stdout.write(announcement(settings, listener.getsockname()[1]))
        sys.stdout.flush()
        server.run(sockets=[listener])


def announcement(settings: RehearsalSettings, port: int) -> str:
    """The .env file that makes an installation use this cloud.

    It gets a data folder of its own: in the real one, pictures of a rehearsal would pass for bought ones.
    """
    return (
        f"# The rehearsal cloud: http://127.0.0.1:{port}/  Books: {settings.books}\n"
        f"# {_engine_note(settings)}\n"
        "# Start Storykin with these settings. Their data folder is a separate one, so that nothing\n"
        "# rehearsed mixes with what is real.\n"
        f"STORYKIN_HOME={settings.books.parent / 'studio'}\n"
        f"STORYKIN_MODELS_DIR={models_dir()}\n"
        "DATABASE_URL=\n"
        "STORYKIN_STORE=disk\n"
        "STORYKIN_VISION=openai\n"
        f"STORYKIN_IMAGE={settings.draws}\n"
        f"OPENAI_BASE_URL=http://127.0.0.1:{port}/v1\n"
        "OPENAI_API_KEY=sk-rehearsal\n"
        f"REPLICATE_BASE_URL=http://127.0.0.1:{port}\n"
        "REPLICATE_API_TOKEN=r8_rehearsal\n"
        f"REPLICATE_WEBHOOK_SECRET={settings.webhook_secret}\n"
    )


def _engine_note(settings: RehearsalSettings) -> str:
    if settings.quick:
        return "It draws flat cards, as --quick says."
    if missing_weights():
        return (
            f"It draws flat cards: the local engine's models are not in {models_dir()}. "
            "`storykin models fetch` brings them."
        )
    return "The local engine looks and draws for it."
