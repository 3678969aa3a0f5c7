"""How many photos are decoded at once: few, and never only heavy ones, so that nobody waits behind a bomb."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tasks.errors import DecoderBusy
from tasks.photo.decoder.jpeg import scanned_pixels
from tasks.photo.decoder.packed import Rejected
from tasks.photo.decoder.png import png_header

WAIT_SECONDS = 30.0
HEAVY = 60_000_000  # pixels, times scans: what takes longer than about a fifth of a second


@dataclass
class DecoderPool:
    """Slots for decoding processes; each may take some hundred megabytes for a second. Thread-safe.

    All but one are open to any photo, the last one to light photos alone.
    """

    slots: int = 2
    wait_seconds: float = WAIT_SECONDS
    _any: threading.BoundedSemaphore = field(init=False)
    _heavy: threading.BoundedSemaphore = field(init=False)

    def __post_init__(self) -> None:
        self._any = threading.BoundedSemaphore(self.slots)
        self._heavy = threading.BoundedSemaphore(max(1, self.slots - 1))

    @contextmanager
    def slot(self, work: int) -> Iterator[None]:
        """Hold a slot for this much work. DecoderBusy when none is free in time."""
        turns = [self._heavy, self._any] if work > HEAVY else [self._any]
        held: list[threading.BoundedSemaphore] = []
        try:
            for turn in turns:
                if not turn.acquire(timeout=self.wait_seconds):
                    raise DecoderBusy
                held.append(turn)
            yield
        finally:
            for turn in reversed(held):
                turn.release()


def decoding_work(data: bytes, kind: str) -> int:
    """How much decoding a picture asks for, by its header: pixels, times scans. 0 where that isn't told."""
    if kind == "JPEG":
        return scanned_pixels(data)
    if kind == "PNG":
        try:
            header = png_header(data)
        except Rejected:
            return 0
        return header.width * header.height
    return 0
