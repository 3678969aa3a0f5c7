"""A WEBP taken apart: the first picture in it, and what it says of orientation and color."""

import re
import struct
from collections.abc import Callable

from tasks.photo.decoder.packed import Packed, Rejected, fillers

_PIXELS = (b"VP8 ", b"VP8L", b"ALPH")
_KNOWN = re.compile(rb"VP8 |VP8L|VP8X|ALPH|ANIM|ANMF|ICCP|EXIF|XMP ")
MOST_CHUNKS = 10_000
MOST_MISSING = 64 << 20

_Wrap = Callable[[bytes], bytes]
_Chunk = tuple[bytes, bytes, int]  # name, what is there of the body, how many bytes more there should be


def unpacked_webp(data: bytes) -> Packed:
    """Take a WEBP apart. Rejected when there is no picture in it."""
    chunks = _chunks(data, 12)
    found = {name: body for name, body, _ in reversed(chunks)}
    frame = next((each for each in chunks if each[0] == b"ANMF"), None)
    if frame is not None:
        packed = _first_frame(chunks, frame)
    else:
        pictures = _first_picture(chunks)
        extended = found.get(b"VP8X")
        head = _extended(extended, pictures) if extended is not None and len(extended) >= 10 else b""
        packed = _both(pictures, lambda each: _riff(head + each))
    exif = found.get(b"EXIF")
    packed.exif = exif.removeprefix(b"Exif\0\0") if exif else None
    packed.xmp = found.get(b"XMP ")
    packed.icc = found.get(b"ICCP")
    return packed


def _chunks(data: bytes, at: int) -> list[_Chunk]:
    """Every chunk; one that lies about its length ends where the next known one begins."""
    chunks: list[_Chunk] = []
    while at + 8 <= len(data) and len(chunks) < MOST_CHUNKS:
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + length
        following = end + (length & 1)
        lost = following < len(data) and not _KNOWN.match(data, following) and name not in _PIXELS
        if lost or (end > len(data) and name not in (*_PIXELS, b"ANMF")):
            found = _KNOWN.search(data, at + 8)
            end = following = found.start() if found else len(data)
        body = data[at + 8 : min(end, len(data))]
        chunks.append((name, body, max(0, end - len(data))))
        at = following
    return chunks


def _first_picture(chunks: list[_Chunk]) -> list[_Chunk]:
    alpha = next((each for each in chunks if each[0] == b"ALPH"), None)
    for each in chunks:
        if each[0] == b"VP8L":
            return [each]
        if each[0] == b"VP8 ":
            return [alpha, each] if alpha else [each]
    raise Rejected("truncated" if chunks else "unreadable")


def _extended(body: bytes, pictures: list[_Chunk]) -> bytes:
    """The header of an extended file that says no more than whether there is transparency."""
    see_through = any(name == b"ALPH" for name, _, _ in pictures) or (
        pictures[0][0] == b"VP8L" and bool(body[0] & 0x10)
    )
    return _chunk(b"VP8X", bytes([0x10 if see_through else 0, 0, 0, 0]) + body[4:10])


def _first_frame(chunks: list[_Chunk], frame: _Chunk) -> Packed:
    inner = _chunks(frame[1], 16)
    if not inner:
        raise Rejected("truncated")
    name, body, missing = inner[-1]
    inner[-1] = (name, body, max(missing, frame[2] if name in _PIXELS else 0))
    extended = next((body for name, body, _ in chunks if name == b"VP8X"), b"")
    moving = next((body for name, body, _ in chunks if name == b"ANIM"), bytes(6))
    if len(extended) < 10:
        raise Rejected("unreadable")
    head = _chunk(b"VP8X", bytes([0x02 | extended[0] & 0x10, 0, 0, 0]) + extended[4:10]) + _chunk(
        b"ANIM", moving
    )
    pictures = _first_picture(inner)
    packed = _both(pictures, lambda each: _riff(head + _chunk(b"ANMF", frame[1][:16] + each)))
    if sum(name == b"ANMF" for name, _, _ in chunks) > 1:
        packed.notes.append("animated")
    return packed


def _both(pictures: list[_Chunk], wrapped: _Wrap) -> Packed:
    missing = sum(each[2] for each in pictures)
    if missing > MOST_MISSING:
        raise Rejected("truncated")
    packed = Packed(wrapped(_joined(pictures, bytes(missing))))
    if missing:
        packed.others = [wrapped(_joined(pictures, each)) for each in fillers(missing)]
    return packed


def _joined(pictures: list[_Chunk], rest: bytes) -> bytes:
    return b"".join(_chunk(name, body + rest[:missing]) for name, body, missing in pictures)


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)


def _riff(body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body
