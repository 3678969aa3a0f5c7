"""A stand-in studio behind a real port: in this process for tests that hold its strings, or in its own.

`python -m tests.support.served_studio HOME` serves one whose pictures never come, and prints its address.
"""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from tasks.providers.protocols import Store
from tests.support.studio import StandInStudio, stand_in_studio
from ui.app import create_app
from ui.serve import StudioServer, listening_socket
from ui.settings import StudioSettings

LONGEST_HOLD = 600.0  # seconds; a test that forgets to release must still end


class Gate:
    """Holds back the pictures of chosen styles until they are released."""

    def __init__(self) -> None:
        self._held: dict[str, threading.Event] = {}

    def hold(self, *styles: str) -> None:
        for style in styles:
            self._held[style] = threading.Event()

    def release(self, *styles: str) -> None:
        for style in styles or tuple(self._held):
            self._held[style].set()

    def __call__(self, style: str) -> None:
        if style in self._held:
            self._held[style].wait(LONGEST_HOLD)


@dataclass
class ServedStudio:
    """A studio that browsers can reach at `url`."""

    url: str
    studio: StandInStudio
    gate: Gate


@contextmanager
def served_studio(home: Path, store: Store | None = None, **more: Any) -> Iterator[ServedStudio]:
    """Serve a stand-in studio from a thread of this process, its store on disk unless another is given."""
    gate = Gate()
    with listening_socket("127.0.0.1", 0) as door:
        origin = f"http://127.0.0.1:{door.getsockname()[1]}"
        studio = stand_in_studio(home, origin=origin, in_background=True, store=store, **more)
        studio.image.gate = gate
        app = create_app(StudioSettings(), studio.services)
        server = StudioServer(
            uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1),
            app.state.live,
            app.state.eyes,
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
        thread.start()
        try:
            _until_started(server, thread)
            yield ServedStudio(origin, studio, gate)
        finally:
            gate.release()
            studio.prefect.finish()
            server.should_exit = True
            thread.join(timeout=120)
            studio.services.record.close()


def _until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    until = time.monotonic() + 120
    while not server.started:
        assert thread.is_alive() and time.monotonic() < until, "the studio did not start"
        time.sleep(0.02)


def main(home: Path) -> None:
    with served_studio(home) as served:
        served.gate.hold("watercolor", "storybook", "anime", "flat", "colored-pencil")
        print(served.url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
