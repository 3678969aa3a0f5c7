"""A run that kills itself, hard, at a named point; its books are a file, so that they outlive it."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from db.engine import Record
from flows.character_run import run_character
from flows.run_request import RunRequest
from tasks import pipeline, recheck_photo, score_likeness
from tasks.providers.protocols import ImageOutput, ImageRequest, Photo, VisionAnswer, nothing_to_check
from tasks.providers.store.disk import DiskStore
from tasks.runtime import Runtime
from tasks.write_prompt import PictureWork
from tests.support.providers import BookkeepingImage, BookkeepingVision

POINTS = ("looking", "looked", "submitting", "billed", "collecting", "collected", "kept", "scored")


def die_at(point: str, here: str) -> None:
    if point == here:
        os.kill(os.getpid(), signal.SIGKILL)


class AcceptedRequests:
    """A file with a line for every request that a provider has accepted."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, line: str) -> None:
        with self.path.open("a") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())

    def lines(self, kind: str) -> list[str]:
        text = self.path.read_text() if self.path.exists() else ""
        return [line for line in text.splitlines() if line.startswith(kind)]


class DyingVision(BookkeepingVision):
    def __init__(self, books: AcceptedRequests, point: str, *, charges: bool) -> None:
        super().__init__(charges=charges)
        self._books, self._point = books, point

    def describe(
        self, photo: Photo, call_id: str = "", last_check: Callable[[], None] = nothing_to_check
    ) -> VisionAnswer:
        die_at(self._point, "looking")
        self._books.write("looked")
        die_at(self._point, "looked")
        return super().describe(photo, call_id, last_check)


class DyingImage(BookkeepingImage):
    def __init__(self, books: AcceptedRequests, point: str, *, charges: bool) -> None:
        super().__init__(charges=charges)
        self._books, self._point = books, point

    def submit(self, request: ImageRequest) -> str:
        die_at(self._point, "submitting")
        self._books.write(f"billed {request.style}")
        die_at(self._point, "billed")
        return super().submit(request)

    def collect(self, provider_id: str, request: ImageRequest) -> ImageOutput:
        die_at(self._point, "collecting")
        output = super().collect(provider_id, request)
        die_at(self._point, "collected")
        return output


class DyingStore(DiskStore):
    point = ""

    def put(self, key: str, data: bytes, content_type: str) -> Any:
        kept = super().put(key, data, content_type)
        if key.startswith("pictures/"):
            die_at(self.point, "kept")
        return kept


def a_runtime(folder: Path, point: str, *, charges: bool) -> Runtime:
    books = AcceptedRequests(folder / "books.txt")
    store = DyingStore(folder / "store", base_url="http://127.0.0.1:7860", secret=b"s" * 32)
    store.point = point
    return Runtime(
        record=Record(f"sqlite:///{folder / 'record.db'}"),
        store=store,
        vision=DyingVision(books, point, charges=charges),
        image=DyingImage(books, point, charges=charges),
    )


def patch(runtime: Runtime, point: str, patching: pytest.MonkeyPatch) -> None:
    patching.setattr(recheck_photo, "recheck_photo", lambda _runtime, _character: [])
    score = score_likeness.score_likeness

    def scored(runtime: Runtime, work: PictureWork, asset_id: str) -> dict[str, Any]:
        likeness = score(runtime, work, asset_id)
        die_at(point, "scored")
        return likeness

    patching.setattr(score_likeness, "score_likeness", scored)


if __name__ == "__main__":
    folder, character, token, where, paid = sys.argv[1:]
    runtime = a_runtime(Path(folder), where, charges=paid == "paid")
    patch(runtime, where, pytest.MonkeyPatch())
    asyncio.run(run_character(RunRequest(character, ("flat",), token), pipeline.untracked, runtime))
