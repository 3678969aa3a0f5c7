"""Picture files taken apart and put together again, by the tests' own hand: not by the code they test."""

import struct
import zlib

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png_chunk(name: bytes, body: bytes, *, checksum: int | None = None, length: int | None = None) -> bytes:
    checksum = zlib.crc32(name + body) if checksum is None else checksum
    return (
        struct.pack(">I", len(body) if length is None else length) + name + body + struct.pack(">I", checksum)
    )


def png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Name and body of each chunk of a sound PNG."""
    at, chunks = 8, []
    while at < len(data):
        length = struct.unpack_from(">I", data, at)[0]
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return chunks


def png_with(data: bytes, extra: bytes, *, before: bytes = b"IDAT") -> bytes:
    """A PNG with these raw bytes before its first chunk of that name."""
    return data[: (at := data.index(before) - 4)] + extra + data[at:]


def jpeg_segment(marker: int, body: bytes, *, length: int | None = None) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2 if length is None else length) + body


def jpeg_with(data: bytes, extra: bytes) -> bytes:
    """A JPEG with these raw bytes behind its first segment."""
    at = 4 + struct.unpack_from(">H", data, 4)[0]
    return data[:at] + extra + data[at:]


def riff_chunk(name: bytes, body: bytes, *, length: int | None = None) -> bytes:
    return name + struct.pack("<I", len(body) if length is None else length) + body + b"\0" * (len(body) % 2)


def riff(body: bytes, *, length: int | None = None) -> bytes:
    return b"RIFF" + struct.pack("<I", len(body) + 4 if length is None else length) + b"WEBP" + body


def box(name: bytes, body: bytes, *, length: int | None = None) -> bytes:
    return struct.pack(">I", len(body) + 8 if length is None else length) + name + body
