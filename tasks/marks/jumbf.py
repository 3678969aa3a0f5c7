"""Where a file keeps its C2PA manifest store, and the boxes in it (JUMBF, ISO 19566-5; C2PA 2.x, section 11).

Only what `repeatable` must change is read. The store is one run of bytes in PNG and WebP; in JPEG it is cut
into segments, each with a header of its own.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

PNG, JPEG, WEBP, SVG = "image/png", "image/jpeg", "image/webp", "image/svg+xml"
_SALTED = 16  # the bit of a description box that says a private box, the salt, follows
_SALT_BOX = b"c2sh"


@dataclass(frozen=True)
class Box:
    """A box: where it begins and ends, and of a superbox its label, its content and where its salt is."""

    start: int
    end: int
    label: str = ""
    content: int = 0
    salt: int | None = None


def spans(data: bytes | bytearray, content_type: str) -> list[tuple[int, int]]:
    """Where the store lies in a file: offsets and lengths, in order; none where there is none."""
    finders = {PNG: _in_png, WEBP: _in_webp, JPEG: _in_jpeg}
    return list(finders[content_type](data))


def mend_checksum(data: bytearray, span: tuple[int, int]) -> None:
    """Put right the checksum of a PNG's chunk with this content."""
    at, length = span
    struct.pack_into(">I", data, at + length, zlib.crc32(data[at - 4 : at + length]))


def superboxes(store: bytes | bytearray, start: int, end: int) -> list[Box]:
    """The labelled boxes from `start` to `end`."""
    return [
        _superbox(store, each)
        for each in _boxes(store, start, end)
        if store[each.start + 4 : each.start + 8] == b"jumb"
    ]


def _boxes(store: bytes | bytearray, start: int, end: int) -> Iterator[Box]:
    while start < end:
        (length,) = struct.unpack_from(">I", store, start)
        yield Box(start, start + length)
        start += length


def _superbox(store: bytes | bytearray, box: Box) -> Box:
    described = box.start + 8
    (length,) = struct.unpack_from(">I", store, described)
    content = described + length
    toggles = store[described + 24]
    ends = store.index(0, described + 25)
    label = store[described + 25 : ends].decode()
    salt = store.find(_SALT_BOX, ends, content) if toggles & _SALTED else -1
    return Box(box.start, box.end, label, content, salt + len(_SALT_BOX) if salt >= 0 else None)


def _in_png(data: bytes | bytearray) -> Iterator[tuple[int, int]]:
    at = 8
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"caBX":
            yield at + 8, length
            return
        at += 12 + length


def _in_webp(data: bytes | bytearray) -> Iterator[tuple[int, int]]:
    at = 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        if kind == b"C2PA":
            yield at + 8, length
            return
        at += 8 + length + (length & 1)


def _in_jpeg(data: bytes | bytearray) -> Iterator[tuple[int, int]]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        (length,) = struct.unpack_from(">H", data, at + 2)
        if data[at + 1] == 0xEB and data[at + 4 : at + 6] == b"JP":
            first = struct.unpack_from(">I", data, at + 8)[0] == 1
            header = 8 if first else 16  # the later segments repeat the box's own header
            yield at + 4 + header, length - 2 - header
        at += 2 + length
