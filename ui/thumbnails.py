"""Pictures scaled down for pages: made when asked for, kept in memory only, so that erasing stays easy."""

import io
import threading
from collections import OrderedDict

from PIL import Image

from tasks.photo.pixels import picture_pixels

QUALITY = 84
BUDGET_BYTES = 48 * 1024 * 1024


def scaled_webp(data: bytes, width: int) -> bytes:
    """An encoded picture of ours as WEBP, at most `width` pixels wide."""
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP"]) as picture:
            picture.draft("RGB", (width, width))
            picture_rgb = picture.convert("RGB")
    except (OSError, ValueError, SyntaxError):  # paid for and kept as it came, whatever is broken in it
        picture_rgb = Image.fromarray(picture_pixels(data))
    if picture_rgb.width > width:
        height = max(1, round(picture_rgb.height * width / picture_rgb.width))
        picture_rgb = picture_rgb.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
    stream = io.BytesIO()
    picture_rgb.save(stream, "WEBP", quality=QUALITY, method=4)
    return stream.getvalue()


class ThumbnailCache:
    """The scaled pictures used last, within a budget of bytes. Safe for threads."""

    def __init__(self, budget: int = BUDGET_BYTES) -> None:
        self._budget = budget
        self._held: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def find(self, key: str, width: int) -> bytes | None:
        """What is held for this picture and width."""
        with self._lock:
            data = self._held.get((key, width))
            if data is not None:
                self._held.move_to_end((key, width))
            return data

    def keep(self, key: str, width: int, data: bytes) -> None:
        """Hold it, and let go of what was not asked for longest."""
        with self._lock:
            self._drop((key, width))
            self._held[(key, width)] = data
            self._size += len(data)
            while self._size > self._budget:
                self._drop(next(iter(self._held)))

    def forget(self, key: str) -> None:
        """Let go of every size of a picture."""
        with self._lock:
            for each in [held for held in self._held if held[0] == key]:
                self._drop(each)

    def _drop(self, which: tuple[str, int]) -> None:
        self._size -= len(self._held.pop(which, b""))
