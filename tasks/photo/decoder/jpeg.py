"""A JPEG taken apart: the segments its pixels need, its scans, and what it says of orientation and color."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tasks.photo.decoder.packed import Packed, Rejected, fillers

MOST_SCANS = 100  # an encoder makes about ten
MOST_SCANNED_PIXELS = 1_500_000_000  # pixels times scans: about two seconds
_SOF = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
_TABLES = {0xC4, 0xCC, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF}
_NEEDED = _SOF | _TABLES
_SOS, _EOI, _DQT = 0xDA, 0xD9, 0xDB
_ANCILLARY = {*range(0xE0, 0xF0), 0xFE, *range(0xF0, 0xFE)}
_ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without a length
_END_OF_SCAN = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
_MARKER = re.compile(rb"\xff[\xc0-\xfe]")
_MOST_TRIES = 2000


@dataclass
class _Segment:
    marker: int
    start: int  # of the FF
    end: int


@dataclass
class JpegHeader:
    """What stands in a JPEG before its first scan."""

    segments: list[_Segment]
    scans_at: int
    width: int = 0
    height: int = 0
    progressive: bool = False


@dataclass
class _Scans:
    """The scans of a JPEG, with the tables between them."""

    parts: list[bytes] = field(default_factory=list)
    count: int = 0
    ended: bool = False
    in_first_pass: bool = False  # the last scan is one that brings new blocks
    seen: set[tuple[int, int, int]] = field(default_factory=set)  # component, coefficient, lowest bit


def unpacked_jpeg(data: bytes) -> Packed:
    """Take a JPEG apart. Rejected when it has no picture, or one that takes too long to decode."""
    header = jpeg_header(data)
    if header is None:
        raise Rejected("unreadable")
    scans = _scans(data, header)
    _judge_work(header, scans.count)
    kept = [data[each.start : each.end] for each in header.segments if _is_needed(data, each)]
    body = b"".join([b"\xff\xd8", *kept, *scans.parts])
    packed = Packed(body + b"\xff\xd9")
    _read_metadata(packed, data, header.segments)
    if not scans.ended:
        packed.others = [body + each + b"\xff\xd9" for each in fillers(8192)[:1]]
        packed.coarse = header.progressive and _every_block_begun(data, header, scans)
        if header.progressive and not _script_is_complete(scans):
            packed.notes.append("cut_short")
    return packed


def jpeg_header(data: bytes) -> JpegHeader | None:
    """The header with the largest picture that can be made of the file's segments, or None."""
    found = _walk(data, 2, [])
    if found is not None:
        return found
    # A segment lies about its length. Begin again at every marker that could follow it.
    first_broken = _first_broken(data)
    before = [each for each in _segments(data, 2) if each.end <= first_broken]
    best: JpegHeader | None = None
    for tried, match in enumerate(_MARKER.finditer(data, first_broken + 2)):
        if tried > _MOST_TRIES:
            break
        if data[match.start() + 1] not in _NEEDED | _ANCILLARY:
            continue
        header = _walk(data, match.start(), before)
        if header and (best is None or header.width * header.height > best.width * best.height):
            best = header
    return best


def scanned_pixels(data: bytes) -> int:
    """How much decoding asks for: pixels, times scans where there are many. Never raises."""
    header = jpeg_header(data)
    if header is None:
        return 0
    scans = _scans(data, header).count if header.progressive else 1
    return header.width * header.height * max(1, scans)


def _judge_work(header: JpegHeader, scans: int) -> None:
    if scans == 0:
        raise Rejected("unreadable")
    if scans > MOST_SCANS or header.width * header.height * scans > MOST_SCANNED_PIXELS:
        raise Rejected("too_many_scans" if header.progressive or scans > MOST_SCANS else "too_many_pixels")


def _segments(data: bytes, at: int) -> Iterator[_Segment]:
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _ALONE:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + length
        if length < 2 or end > len(data) or marker not in _NEEDED | _ANCILLARY | {_SOS}:
            return
        yield _Segment(marker, at, end)
        if marker == _SOS:
            return
        at = end


def _first_broken(data: bytes) -> int:
    """Where the last segment begins that could be read: its length is not to be believed."""
    at = 2
    for each in _segments(data, 2):
        at = each.start
    following = next((each.end for each in _segments(data, at) if each.start == at), None)
    ancillary = data[at + 1] in _ANCILLARY if at + 1 < len(data) else False
    if following is not None and not ancillary and data[at + 1] != _SOS:
        return following
    return at


def _walk(data: bytes, at: int, before: list[_Segment]) -> JpegHeader | None:
    header = JpegHeader(list(before), 0)
    tables = any(each.marker == _DQT for each in before)
    for each in _segments(data, at):
        if each.marker == _SOS:
            header.scans_at = each.start
            break
        header.segments.append(each)
        tables = tables or each.marker == _DQT
    for each in header.segments:
        if each.marker in _SOF and each.end - each.start >= 11:
            header.progressive = each.marker in _PROGRESSIVE
            header.height = int.from_bytes(data[each.start + 5 : each.start + 7], "big")
            header.width = int.from_bytes(data[each.start + 7 : each.start + 9], "big")
    lossless = any(each.marker in (0xC3, 0xC7, 0xCB, 0xCF) for each in header.segments)
    whole = header.scans_at and header.width and header.height and (tables or lossless)
    return header if whole else None


def _scans(data: bytes, header: JpegHeader) -> _Scans:
    """Everything from the first scan to the end of the picture, without what lies in between or behind."""
    scans = _Scans()
    at = header.scans_at
    while at + 4 <= len(data):
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _EOI:
            break
        end = at + 2 + length
        if marker == _SOS and _is_scan(data, at, end):
            stop = _END_OF_SCAN.search(data, end)
            until = stop.start() if stop else len(data)
            scans.parts.append(data[at:until])
            scans.count += 1
            _note_scan(data, at, scans)
            at = stop.end() - 2 if stop else len(data)
        elif marker in _TABLES and end <= len(data):
            scans.parts.append(data[at:end])
            at = _marker_from(data, end)
        elif marker in _ANCILLARY and end <= len(data):
            at = _marker_from(data, end)
        else:
            break
        if scans.count > MOST_SCANS:
            break
    scans.ended = data[at : at + 2] == b"\xff\xd9"
    if not scans.ended and scans.parts:
        scans.parts[-1] = _without_film(scans.parts[-1].rstrip(b"\xff"))
    return scans


def _is_scan(data: bytes, at: int, end: int) -> bool:
    count = data[at + 4] if at + 4 < len(data) else 0
    return 1 <= count <= 4 and end == at + 8 + 2 * count and end <= len(data)


def _note_scan(data: bytes, at: int, scans: _Scans) -> None:
    count = data[at + 4]
    components = [data[at + 5 + 2 * n] for n in range(count)]
    scans.in_first_pass = data[at + 5 + 2 * count] == 0 and data[at + 7 + 2 * count] >> 4 == 0
    first, last, bits = data[at + 5 + 2 * count : at + 8 + 2 * count]
    for component in components:
        for coefficient in range(first, min(last, 63) + 1):
            scans.seen.add((component, coefficient, bits & 15))


def _script_is_complete(scans: _Scans) -> bool:
    """Whether every coefficient that was begun was also sent to its last bit, for every component."""
    components = {component for component, _, _ in scans.seen}
    return all((each, coefficient, 0) in scans.seen for each in components for coefficient in range(64))


def _every_block_begun(data: bytes, header: JpegHeader, scans: _Scans) -> bool:
    """Whether the file was cut after the first, coarse scans: every row is there, if coarser."""
    frame = next(each for each in header.segments if each.marker in _SOF)
    begun = {component for component, coefficient, _ in scans.seen if coefficient == 0}
    return len(begun) == data[frame.start + 9] and not scans.in_first_pass


def _marker_from(data: bytes, at: int) -> int:
    match = _MARKER.search(data, at)
    return match.start() if match else len(data)


def _without_film(scan: bytes) -> bytes:
    """The scan without the film that a phone put right behind it."""
    film = scan.rfind(b"ftyp")
    return scan[: film - 4] if film > 4 and scan[film - 4 : film - 2] == b"\0\0" else scan


def _is_needed(data: bytes, segment: _Segment) -> bool:
    body = data[segment.start + 4 : segment.end]
    if segment.marker == 0xE0:  # both decide which colors the components are
        return body[:5] == b"JFIF\0" and len(body) >= 14
    if segment.marker == 0xEE:
        return body[:5] == b"Adobe" and len(body) >= 12
    return segment.marker in _NEEDED


def _read_metadata(packed: Packed, data: bytes, segments: list[_Segment]) -> None:
    profile: dict[int, bytes] = {}
    parts = 0
    for each in segments:
        body = data[each.start + 4 : each.end]
        if each.marker == 0xE1 and body[:4] == b"Exif":
            packed.exif = packed.exif or body[6:]
        elif each.marker == 0xE1 and body[:28] == b"http://ns.adobe.com/xap/1.0/":
            packed.xmp = packed.xmp or body[29:]
        elif each.marker == 0xE2 and body[:12] == b"ICC_PROFILE\0" and len(body) > 14:
            profile.setdefault(body[12], body[14:])
            parts = body[13]
    if profile and sorted(profile) == list(range(1, parts + 1)):
        packed.icc = b"".join(profile[number] for number in sorted(profile))


def odd_jpeg(data: bytes) -> str | None:
    """Name the JPEGs that no browser shows: lossless, arithmetic, 12 bits, odd numbers of colors."""
    header = jpeg_header(data)
    frame = next((each for each in header.segments if each.marker in _SOF), None) if header else None
    if frame is None:
        return None
    if frame.marker > 0xC2 or data[frame.start + 4] != 8:
        return "unusual_jpeg"
    return None if data[frame.start + 9] in (1, 3, 4) else "unsupported_colour"
