"""A ZIP archive written while it is read: nothing of it is kept in memory or on disk."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

# Pictures are compressed already; what is text is worth compressing.
_STORED = (".png", ".jpg", ".webp", ".avif", ".pdf")


@dataclass(frozen=True)
class Entry:
    """One file of an archive: its path with slashes, and its bytes in pieces."""

    path: str
    pieces: Iterable[bytes]


class _Tap(io.RawIOBase):
    """A file that can't be sought: what is written waits here until it is taken."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        view = memoryview(data)  # type: ignore[arg-type]
        self._waiting += view
        return view.nbytes

    def take(self) -> bytes:
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


def zip_stream(entries: Iterable[Entry], at: datetime) -> Iterator[bytes]:
    """The archive of `entries` in pieces; all of them are dated `at`. One piece at a time is in memory."""
    tap = _Tap()
    with zipfile.ZipFile(tap, "w", allowZip64=True) as archive:
        for entry in entries:
            info = zipfile.ZipInfo(entry.path, at.astimezone(UTC).timetuple()[:6])
            info.external_attr = 0o644 << 16
            stored = entry.path.endswith(_STORED)
            info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            # The size is not known beforehand, and a later entry may begin beyond 4 GB.
            with archive.open(info, "w", force_zip64=True) as file:
                for piece in entry.pieces:
                    file.write(piece)
                    if waiting := tap.take():
                        yield waiting
            yield tap.take()
    yield tap.take()
