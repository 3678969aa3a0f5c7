"""The main job, as a browser does it: through the proxy, with a session, a photo and three questions."""

import threading
import time
from pathlib import Path
from types import TracebackType

import httpx

from tests.support.waiting import until
from tests.topology.stage import EMAIL, PASSWORD, Stage


def signed_in(stage: Stage) -> httpx.Client:
    """A browser of somebody who has an account."""
    origin = stage.ground.origin
    client = httpx.Client(
        base_url=origin,
        verify=stage.certificate.client_context(),
        headers={"Origin": origin},
        timeout=60,
        trust_env=False,
    )
    answer = client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    assert answer.status_code in (302, 303), f"nobody is let in: {answer.status_code} {answer.text[:500]}"
    return client


def draw_one(client: httpx.Client, photo: bytes, styles: tuple[str, ...]) -> str:
    """A character of this photo in these styles, waited for to its end; the character's id."""
    question = {"content_type": "image/jpeg", "length": len(photo)}
    allowed = client.post("/api/uploads", json=question).raise_for_status().json()
    client.request(
        allowed["method"], allowed["url"], headers=allowed["headers"], content=photo
    ).raise_for_status()
    client.post("/api/intake/check", json={"key": allowed["key"]}).raise_for_status()
    wish = {"key": allowed["key"], "name": "Ada", "gender": "girl", "styles": list(styles), "consent": True}
    answer = client.post("/api/intake/start", json=wish)
    assert answer.status_code == 200, answer.text
    asked = answer.json()

    def over() -> dict[str, object] | None:
        told = client.get("/api/intake/runs", params={"run": asked["run"]}).raise_for_status().json()
        (line,) = told["runs"]
        return line if line["over"] else None

    until(over, "the character to be drawn", seconds=300)
    line = over() or {}
    assert line["state"] == "ready", line
    return str(asked["character"])


class Watching:
    """Somebody with a page open: asks for it again and again, and notes how long it was away."""

    def __init__(self, client: httpx.Client, page: str = "/studio/batches") -> None:
        self._client, self._page = client, page
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.asked = 0
        self.away: dict[str, float] = {}  # the longest stretch of each trouble, in seconds

    def __enter__(self) -> "Watching":
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(90)

    def _look(self) -> None:
        since: float | None = None
        while not self._over.wait(0.5):
            trouble = self._trouble()
            self.asked += 1
            if trouble is None:
                since = None
                continue
            since = since or time.monotonic()
            self.away[trouble] = max(self.away.get(trouble, 0.0), time.monotonic() - since)

    def _trouble(self) -> str | None:
        try:
            answer = self._client.get(self._page)
        except httpx.TransportError as error:
            return type(error).__name__
        return None if answer.status_code == 200 else str(answer.status_code)


def demo_photo() -> bytes:
    """A photo with a face in it."""
    return (Path(__file__).parents[2] / "flows" / "launch" / "demo_photo.jpg").read_bytes()
