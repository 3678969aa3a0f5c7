"""A PNG taken apart: the chunks its pixels need, set right, and what it says of orientation and color."""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.photo.decoder.packed import Packed, Rejected

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_CHUNKS = 100_000
MOST_PROFILE = 16 << 20  # bytes of an unpacked color profile
MOST_TEXT = 1 << 20
_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS")
_COLOR = (b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM")
_KNOWN = re.compile(
    rb"IDAT|PLTE|tRNS|IEND|acTL|fcTL|fdAT|cICP|iCCP|sRGB|gAMA|cHRM|eXIf|pHYs|tEXt|zTXt|iTXt|tIME"
)
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Adam7: first column and row of each pass, and the steps between its columns and rows.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


@dataclass(frozen=True)
class _Chunk:
    name: bytes
    body: bytes
    sound: bool  # its checksum is right


@dataclass(frozen=True)
class PngHeader:
    """The header of a PNG."""

    width: int
    height: int
    bits: int
    color: int
    interlaced: bool

    def passes(self) -> list[tuple[int, int]]:
        """Bytes of a row and number of rows, of each pass of the pixel data in turn."""
        if not self.interlaced:
            return [(self._row(self.width), self.height)]
        return [
            (self._row(-(-(self.width - x) // dx)), -(-(self.height - y) // dy))
            for x, y, dx, dy in _PASSES
            if self.width > x and self.height > y
        ]

    def _row(self, pixels: int) -> int:
        return 1 + (pixels * self.bits * _SAMPLES[self.color] + 7) // 8


def png_header(data: bytes) -> PngHeader:
    """The header of the PNG; Rejected when it makes no sense."""
    if len(data) < 33 or data[12:16] != b"IHDR":
        raise Rejected("unreadable")
    width, height, bits, color, _, _, interlaced = struct.unpack_from(">IIBBBBB", data, 16)
    if not width or not height or color not in _SAMPLES or bits not in (1, 2, 4, 8, 16):
        raise Rejected("unreadable")
    return PngHeader(width, height, bits, color, bool(interlaced))


def unpacked_png(data: bytes, most_pixels: int) -> Packed:
    """Take a PNG apart. Rejected when it is too large, or holds nothing that could be a picture."""
    apple = data[12:16] == b"CgBI"  # before the header, and the pixel data then has none of zlib's own
    if apple:
        data = SIGNATURE + data[20 + int.from_bytes(data[8:12], "big") :]
    header = png_header(data)
    if header.width * header.height > most_pixels:
        raise Rejected("too_many_pixels")
    chunks = list(_chunks(data))
    body = b"".join(each.body for each in chunks if each.name == b"IDAT")
    whole = (
        chunks and chunks[-1].name == b"IEND" and all(each.sound for each in chunks if each.name == b"IDAT")
    )
    packed = Packed(_rebuilt(data, chunks, body))
    if not whole or apple:
        packed = _as_far_as_it_goes(data, header, chunks, body, raw=apple)
        packed.bgr = apple and header.color in (2, 6)
    if _is_animated(chunks):
        packed.notes.append("animated")
    _read_metadata(packed, chunks)
    return packed


def _is_animated(chunks: list[_Chunk]) -> bool:
    frames = next((int.from_bytes(each.body[:4], "big") for each in chunks if each.name == b"acTL"), 0)
    return frames > 1 and any(each.name == b"fdAT" and each.sound for each in chunks)


def mended_png(data: bytes, packed: Packed) -> Packed | None:
    """The same PNG from its pixel data as far as that can be unpacked, for one broken inside; or None."""
    header, chunks = png_header(data), list(_chunks(data))
    body = b"".join(each.body for each in chunks if each.name == b"IDAT")
    try:
        mended = _as_far_as_it_goes(data, header, chunks, body)
    except Rejected:
        return None
    packed.data, packed.others = mended.data, mended.others
    packed.rows, packed.interlaced = mended.rows, mended.interlaced
    return packed


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """Every chunk up to IEND; one that lies about its length ends where the next known one begins."""
    at = 8
    for _ in range(MOST_CHUNKS):
        if at + 8 > len(data):
            return
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 8 + length
        if not _could_follow(data, end + 4):
            end = _next_known(data, at + 8)
        body = data[at + 8 : end]
        checksum = data[end : end + 4]
        sound = len(checksum) == 4 and zlib.crc32(body, zlib.crc32(name)) == int.from_bytes(checksum, "big")
        yield _Chunk(name, body, sound)
        if name == b"IEND":
            return
        at = end + 4
    raise Rejected("too_many_chunks")


def _could_follow(data: bytes, at: int) -> bool:
    """Whether a chunk begins here, or the file ends."""
    if at == len(data):
        return True
    name = data[at + 4 : at + 8]
    return len(name) == 4 and name.isalpha() and name.isascii()


def _next_known(data: bytes, at: int) -> int:
    """Where the chunk ends whose body begins at `at`: before the checksum that stands before the next one."""
    for found in _KNOWN.finditer(data, at + 4):
        start = found.start() - 4
        length = int.from_bytes(data[start : start + 4], "big")
        plausible = length < len(data) and (found[0] in (b"IDAT", b"fdAT") or length < 1 << 24)
        if plausible and (_could_follow(data, start + 12 + length) or found[0] == b"IDAT"):
            return max(at, start - 4)
    return len(data)


def _rebuilt(data: bytes, chunks: list[_Chunk], body: bytes) -> bytes:
    """The PNG with what its pixels need, in order, and nothing else."""
    parts = [SIGNATURE, _chunk(b"IHDR", data[16:29])]
    for name in (b"PLTE", b"tRNS"):
        found = next((each.body for each in chunks if each.name == name), None)
        if found is not None and (name == b"PLTE" or _transparency_fits(found, data[25])):
            parts.append(_chunk(name, found))
    return b"".join([*parts, _chunk(b"IDAT", body), _chunk(b"IEND", b"")])


def _transparency_fits(body: bytes, color: int) -> bool:
    return {0: len(body) == 2, 2: len(body) == 6, 3: 0 < len(body) <= 256}.get(color, False)


def _chunk(name: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(body, zlib.crc32(name))
    return b"".join([struct.pack(">I", len(body)), name, body, struct.pack(">I", checksum)])


def _as_far_as_it_goes(
    data: bytes, header: PngHeader, chunks: list[_Chunk], body: bytes, *, raw: bool = False
) -> Packed:
    """The PNG with zeros for the pixel data that is missing, and another filler in `other`."""
    wanted = sum(row * rows for row, rows in header.passes())
    pixels = _unpacked(body, wanted, raw=raw)
    there = _whole_rows(pixels, header)
    if there == wanted:
        return Packed(_rebuilt(data, chunks, zlib.compress(pixels, 1)))
    if not there:
        raise Rejected("truncated")
    rest = bytearray(wanted - there)
    packed = Packed(_rebuilt(data, chunks, zlib.compress(pixels[:there] + rest, 1)))
    if not header.interlaced:
        packed.rows = there // header.passes()[0][0]
        return packed
    packed.interlaced = True
    other = _filled(header, there, wanted)
    packed.others = [_rebuilt(data, chunks, zlib.compress(pixels[:there] + other, 1))]
    return packed


def _filled(header: PngHeader, there: int, wanted: int) -> bytes:
    """Rows without a filter whose every pixel is as light as can be, from `there` on."""
    rest = bytearray(b"\xff" * wanted)
    at = 0
    for row, rows in header.passes():
        for _ in range(rows):
            rest[at] = 0
            at += row
    return bytes(rest[there:])


def _unpacked(body: bytes, wanted: int, *, raw: bool) -> bytes:
    """As much of the pixel data as can be unpacked, never more than there should be."""
    unpacker = zlib.decompressobj(-15 if raw else 15)
    pixels = bytearray()
    try:
        for at in range(0, len(body), 4096):
            pixels += unpacker.decompress(body[at : at + 4096], wanted - len(pixels))
            if len(pixels) >= wanted or unpacker.eof:
                break
            while unpacker.unconsumed_tail and len(pixels) < wanted:
                pixels += unpacker.decompress(unpacker.unconsumed_tail, wanted - len(pixels))
    except zlib.error:
        pixels += _byte_by_byte(body, len(pixels), wanted, raw=raw)
    return bytes(pixels)


def _byte_by_byte(body: bytes, known: int, wanted: int, *, raw: bool) -> bytes:
    """What could be unpacked after the first `known` bytes before the data breaks."""
    unpacker = zlib.decompressobj(-15 if raw else 15)
    pixels = bytearray()
    try:
        for at in range(len(body)):
            pixels += unpacker.decompress(body[at : at + 1])
            if len(pixels) >= wanted:
                break
    except zlib.error:
        pass
    return bytes(pixels[known:wanted])


def _whole_rows(pixels: bytes, header: PngHeader) -> int:
    """How many bytes of the pixel data are whole rows with a filter that exists."""
    at = 0
    for row, rows in header.passes():
        for _ in range(rows):
            if at + row > len(pixels) or pixels[at] > 4:
                return at
            at += row
    return at


def _read_metadata(packed: Packed, chunks: list[_Chunk]) -> None:
    found: dict[bytes, bytes] = {}
    for each in chunks:
        if each.sound:
            found.setdefault(each.name, each.body)
    packed.exif = found.get(b"eXIf") or _raw_exif(chunks)
    packed.xmp = _xmp(chunks)
    _read_color(packed, found)


def _read_color(packed: Packed, found: dict[bytes, bytes]) -> None:
    """cICP before iCCP before sRGB before gAMA and cHRM, as the specification has it."""
    cicp = found.get(b"cICP", b"")
    if len(cicp) == 4 and cicp[2] == 0:
        packed.cicp = (cicp[0], cicp[1])
        return
    packed.icc = _profile(found.get(b"iCCP", b""))
    if packed.icc or b"sRGB" in found:
        return
    gamma, corners = found.get(b"gAMA", b""), found.get(b"cHRM", b"")
    if len(gamma) == 4:
        packed.gamma = int.from_bytes(gamma, "big") / 100_000
    if len(corners) == 32:
        white, red, green, blue = (struct.unpack_from(">II", corners, at) for at in (0, 8, 16, 24))
        packed.chromaticities = tuple(value / 100_000 for value in (*red, *green, *blue, *white))


def _profile(body: bytes) -> bytes | None:
    name, _, rest = body.partition(b"\0")
    return _inflated(rest[1:], MOST_PROFILE) if name and rest[:1] == b"\0" else None


def _inflated(packed: bytes, most: int) -> bytes | None:
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(packed, most)
    except zlib.error:
        return None
    return data if unpacker.eof else None


def _xmp(chunks: list[_Chunk]) -> bytes | None:
    for each in chunks:
        keyword, _, rest = each.body.partition(b"\0")
        if each.name == b"iTXt" and each.sound and keyword == b"XML:com.adobe.xmp" and len(rest) > 2:
            packed, text = rest[0], rest[2:].split(b"\0", 2)[-1]
            return _inflated(text, MOST_TEXT) if packed else text[:MOST_TEXT]
    return None


def _raw_exif(chunks: list[_Chunk]) -> bytes | None:
    """EXIF as ImageMagick writes it into a text chunk: in hexadecimal, after its name and length."""
    for each in chunks:
        keyword, _, rest = each.body.partition(b"\0")
        if keyword != b"Raw profile type exif" or not each.sound:
            continue
        text = _inflated(rest[1:], MOST_TEXT) if each.name == b"zTXt" else rest[:MOST_TEXT]
        words = (text or b"").split()
        try:
            exif = bytes.fromhex(b"".join(words[2:]).decode("ascii"))
        except ValueError:
            return None
        return exif.removeprefix(b"Exif\0\0")
    return None
