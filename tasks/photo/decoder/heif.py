"""A HEIC or AVIF taken apart: boxes the picture doesn't need are covered, what is missing is filled up."""

from collections.abc import Iterator
from dataclasses import dataclass

from tasks.photo.decoder.packed import Packed, Rejected, fillers

MOST_ITEMS = 2000  # pictures, tiles and notes in one file; 48 megapixels in tiles of 512 are 200
MOST_MISSING = 8 << 20
_NEEDED = {b"ftyp", b"meta", b"mdat", b"moov", b"idat"}
_COVERED = {b"free", b"skip", b"uuid", b"mpvd", b"wide", b"moof", b"mfra", b"sidx", b"styp"}
_KNOWN = _NEEDED | _COVERED


@dataclass(frozen=True)
class _Box:
    name: bytes
    start: int
    body: int  # where its contents begin
    end: int  # may lie beyond the end of the file


def unpacked_heif(data: bytes) -> Packed:
    """Take a HEIC or AVIF apart. Rejected when it has no picture, or far too many pieces."""
    boxes = list(_top_boxes(data))
    meta = next((each for each in boxes if each.name == b"meta"), None)
    if meta is None:
        if any(each.name == b"moov" for each in boxes):
            return Packed(data)
        raise Rejected("truncated" if len(boxes) < 3 else "unreadable")
    inner = {each.name: each for each in _boxes(data, meta.body + 4, min(meta.end, len(data)))}
    _judge_items(data, inner)
    packed = Packed(_covered(data, boxes))
    packed.cicp = _primary_color(data, inner)
    missing = _end_of_items(data, inner) - len(data)
    if meta.end > len(data) or missing > MOST_MISSING:
        raise Rejected("truncated")
    if missing > 0:
        whole = packed.data
        packed.data = whole + bytes(missing)
        packed.others = [whole + each for each in fillers(missing)]
    return packed


def _top_boxes(data: bytes) -> Iterator[_Box]:
    at = 0
    while at + 8 <= len(data):
        box = _box(data, at, len(data))
        if box is None or not _is_plausible(data, box):
            box = _until_known(data, at)
        yield box
        at = box.end


def _is_plausible(data: bytes, box: _Box) -> bool:
    """Whether the box's size may be believed: the picture's own boxes say it themselves."""
    if box.name in _NEEDED or box.end == len(data):
        return True
    return box.end < len(data) and data[box.end + 4 : box.end + 8] in _KNOWN


def _boxes(data: bytes, at: int, end: int) -> Iterator[_Box]:
    while at + 8 <= end:
        box = _box(data, at, end)
        if box is None:
            return
        yield box
        at = box.end


def _box(data: bytes, at: int, end: int) -> _Box | None:
    if at + 8 > end:
        return None
    size, body = int.from_bytes(data[at : at + 4], "big"), at + 8
    name = data[at + 4 : at + 8]
    if size == 1:
        size, body = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
    elif size == 0:
        size = end - at
    return _Box(name, at, body, at + size) if size >= body - at else None


def _until_known(data: bytes, at: int) -> _Box:
    """A box whose size is not to be believed: it ends where one that we know begins."""
    starts = [data.find(name, at + 8) - 4 for name in (b"meta", b"mdat", b"moov")]
    end = min((start for start in starts if start > at + 7), default=len(data))
    return _Box(b"free", at, at + 8, end)


def _covered(data: bytes, boxes: list[_Box]) -> bytes:
    """The same file, byte for byte in its place, but with `free` over what the picture doesn't need."""
    out = bytearray(data)
    for each in boxes:
        end = min(each.end, len(data))
        if each.name not in _NEEDED:
            out[each.start : each.start + 8] = (end - each.start).to_bytes(4, "big") + b"free"
    return bytes(out)


def _judge_items(data: bytes, inner: dict[bytes, _Box]) -> None:
    box = inner.get(b"iinf")
    if box is None:
        return
    wide = 4 if data[box.body] else 2
    if int.from_bytes(data[box.body + 4 : box.body + 4 + wide], "big") > MOST_ITEMS:
        raise Rejected("too_many_chunks")


def _end_of_items(data: bytes, inner: dict[bytes, _Box]) -> int:
    """Where the last byte lies that some item of the file is made of. 0 when that can't be read."""
    box = inner.get(b"iloc")
    if box is None:
        return 0
    reader = _Reader(data, box.body, box.end)
    version = reader.number(1)
    reader.number(3)
    sizes = reader.number(2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    end = 0
    for _ in range(min(reader.number(2 if version < 2 else 4), MOST_ITEMS)):
        reader.number(2 if version < 2 else 4)
        method = reader.number(2) & 15 if version else 0
        reader.number(2)
        begin = reader.number(base)
        for _ in range(min(reader.number(2), MOST_ITEMS)):
            reader.number(index if version else 0)
            first, many = reader.number(offset), reader.number(length)
            end = max(end, begin + first + many if method == 0 else 0)
    return end


class _Reader:
    """Reads big-endian numbers in a row; what lies beyond the end is 0."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self._data, self._at, self._end = data, at, min(end, len(data))

    def number(self, size: int) -> int:
        """The next number, of `size` bytes."""
        at, self._at = self._at, self._at + size
        return int.from_bytes(self._data[at : min(self._at, self._end)], "big")


def _primary_color(data: bytes, inner: dict[bytes, _Box]) -> tuple[int, int] | None:
    """Primaries and transfer of the main picture's colors, where the file says them in numbers (nclx)."""
    main, properties = inner.get(b"pitm"), inner.get(b"iprp")
    if main is None or properties is None:
        return None
    item = int.from_bytes(data[main.body + 4 : main.body + (8 if data[main.body] else 6)], "big")
    parts = {each.name: each for each in _boxes(data, properties.body, properties.end)}
    if b"ipco" not in parts or b"ipma" not in parts:
        return None
    kept = list(_boxes(data, parts[b"ipco"].body, parts[b"ipco"].end))
    for number in _associated(data, parts[b"ipma"], item):
        box = kept[number - 1] if 0 < number <= len(kept) else None
        if box and box.name == b"colr" and data[box.body : box.body + 4] == b"nclx":
            primaries = int.from_bytes(data[box.body + 4 : box.body + 6], "big")
            return primaries, int.from_bytes(data[box.body + 6 : box.body + 8], "big")
    return None


def _associated(data: bytes, box: _Box, item: int) -> list[int]:
    reader = _Reader(data, box.body, box.end)
    version, flags = reader.number(1), reader.number(3)
    for _ in range(min(reader.number(4), MOST_ITEMS)):
        current = reader.number(4 if version else 2)
        wide = 2 if flags & 1 else 1
        numbers = [reader.number(wide) & (0x7FFF if wide == 2 else 0x7F) for _ in range(reader.number(1))]
        if current == item:
            return numbers
    return []
