"""Sound photos, and what chance makes of them: pieces added, lost or lying, and bytes that differ."""

import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from tests.support.bad_photos import encoded, portrait
from tests.support.photo_parts import box, jpeg_segment, png_chunk, png_chunks, riff_chunk

SIDE = 288


@dataclass(frozen=True)
class Mutant:
    """A broken photo, and how it came about."""

    name: str
    data: bytes


@cache
def sound_photos() -> dict[str, bytes]:
    """A small photo in every format."""
    small = portrait().resize((SIDE, SIDE))
    return {
        "JPEG": encoded(small, quality=92),
        "progressive JPEG": encoded(small, quality=92, progressive=True),
        "JPEG with restarts": encoded(small, quality=92, restart_marker_rows=2),
        "PNG": encoded(small, "PNG"),
        "palette PNG": encoded(small.quantize(200), "PNG"),
        "WEBP": encoded(small, "WEBP", quality=92),
        "lossless WEBP": encoded(small, "WEBP", lossless=True),
        "HEIC": encoded(small, "HEIF", quality=92),
        "AVIF": encoded(small, "AVIF", quality=92, speed=8),
    }


def mutants(seed: int, count: int) -> Iterator[Mutant]:
    """`count` broken photos, the same for the same seed."""
    photos = list(sound_photos().items())
    for number in range(count):
        chance = random.Random(f"{seed}:{number}")
        kind, data = photos[number % len(photos)]
        ways = [_bytes_differ, _cut, _appended, _STRUCTURE.get(kind.split()[-1], _jpeg_structure)]
        way = chance.choice([*ways, ways[-1], ways[-1]])
        yield Mutant(f"{seed}:{number} {kind} {way.__name__.strip('_')}", way(data, chance))


def _bytes_differ(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 5])):
        changed[chance.randrange(4, len(data))] = chance.randrange(256)
    return bytes(changed)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: len(data) - chance.choice([1, 2, 5, 13, len(data) // 8, len(data) // 3])]


def _appended(data: bytes, chance: random.Random) -> bytes:
    return data + chance.choice([b"\0" * 500, chance.randbytes(900), box(b"ftyp", b"mp42") + bytes(99), data])


def _lie(length: int, chance: random.Random, most: int) -> int | None:
    lies = [None, None, length + chance.randint(1, 200), max(0, length - chance.randint(1, 9)), most]
    said = chance.choice(lies)
    return said if said is None else min(said, most)


def _png_structure(data: bytes, chance: random.Random) -> bytes:
    names = [b"tEXt", b"zTXt", b"iTXt", b"pHYs", b"tIME", b"bKGD", b"sPLT", b"eXIf", b"prVt", b"IDOT"]
    extra = chance.randbytes(chance.randint(0, 60))
    checksum = chance.choice([None, chance.randrange(1 << 32)])
    lie = _lie(len(extra), chance, 0xFFFFFFFF)
    inserted = png_chunk(chance.choice(names), extra, checksum=checksum, length=lie)
    chunks = png_chunks(data)
    place = chance.randrange(1, len(chunks))
    whole = [png_chunk(*each) for each in chunks]
    return data[:8] + b"".join([*whole[:place], inserted, *whole[place:]])


def _jpeg_structure(data: bytes, chance: random.Random) -> bytes:
    marker = chance.choice([0xE1, 0xE2, 0xE3, 0xED, 0xEC, 0xEB, 0xFE, 0xEE])
    start = chance.choice([b"", b"Exif\0\0II*\0", b"MPF\0MM\0*", b"Photoshop 3.0\x008BIM", b"Adobe\0"])
    extra = start + bytes(byte % 255 for byte in chance.randbytes(chance.randint(0, 80)))
    inserted = jpeg_segment(marker, extra, length=_lie(len(extra) + 2, chance, 65535))
    at = 2 if chance.random() < 0.3 else 4 + int(struct.unpack_from(">H", data, 4)[0])
    return data[:at] + inserted + data[at:]


def _webp_structure(data: bytes, chance: random.Random) -> bytes:
    extra = chance.randbytes(chance.randint(0, 60))
    lie = _lie(len(extra), chance, 0xFFFFFFFF)
    inserted = riff_chunk(chance.choice([b"EXIF", b"XMP ", b"ABCD"]), extra, length=lie)
    size = (SIDE - 1).to_bytes(3, "little") * 2
    parts = [data[12:], inserted]
    chance.shuffle(parts)
    body = b"WEBP" + riff_chunk(b"VP8X", bytes(4) + size) + b"".join(parts)
    said = chance.choice([len(body), 0, len(body) + 77, 0xFFFFFFFF])
    return b"RIFF" + struct.pack("<I", said) + body


def _box_structure(data: bytes, chance: random.Random) -> bytes:
    extra = chance.randbytes(chance.randint(0, 90))
    name = chance.choice([b"free", b"uuid", b"mpvd", b"abcd", b"skip"])
    return data + box(name, extra, length=_lie(len(extra) + 8, chance, 0xFFFFFFFF))


_STRUCTURE: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "PNG": _png_structure,
    "WEBP": _webp_structure,
    "HEIC": _box_structure,
    "AVIF": _box_structure,
}
