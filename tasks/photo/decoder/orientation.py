"""How a picture was held, out of its EXIF or XMP, however much of that is broken."""

import re
import struct

from tasks.photo.decoder.packed import Packed

ORIENTATION, EXIF_IFD, INTEROP_IFD, COLOR_SPACE, INTEROP_INDEX = 0x0112, 0x8769, 0xA005, 0xA001, 0x0001
_IN_XMP = re.compile(rb"tiff:Orientation(?:=\"|>)([1-8])[\"<]")


def orientation(packed: Packed) -> int:
    """1 to 8 as EXIF has it; 1 when nothing tells."""
    found = _number(_directory(packed.exif or b"", None).get(ORIENTATION))
    if found is None and packed.xmp:
        match = _IN_XMP.search(packed.xmp)
        found = int(match[1]) if match else None
    return found if found is not None and 1 <= found <= 8 else 1


def is_adobe_rgb(exif: bytes | None) -> bool:
    """Whether a camera says by the rules of DCF that the colors are Adobe RGB's."""
    camera = _number(_directory(exif or b"", None).get(EXIF_IFD))
    if exif is None or camera is None:
        return False
    details = _directory(exif, camera)
    if _number(details.get(COLOR_SPACE)) == 2:
        return True
    interop = _number(details.get(INTEROP_IFD))
    index = _directory(exif, interop).get(INTEROP_INDEX) if interop is not None else None
    return index is not None and index[1][:3] == b"R03"


_Entry = tuple[str, bytes, int]  # byte order, the four bytes of the value, its type


def _directory(exif: bytes, at: int | None) -> dict[int, _Entry]:
    """The entries of a TIFF directory whose value fits into four bytes, as far as they can be read."""
    exif = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None or len(exif) < 8:
        return {}
    start = struct.unpack_from(f"{order}I", exif, 4)[0] if at is None else at
    entries: dict[int, _Entry] = {}
    if start + 2 > len(exif):
        return entries
    for number in range(min(struct.unpack_from(f"{order}H", exif, start)[0], 512)):
        entry = start + 2 + 12 * number
        if entry + 12 > len(exif):
            break
        tag, kind = struct.unpack_from(f"{order}HH", exif, entry)
        entries.setdefault(tag, (order, exif[entry + 8 : entry + 12], kind))
    return entries


def _number(entry: _Entry | None) -> int | None:
    if entry is None:
        return None
    order, value, kind = entry
    if kind == 3:
        return int(struct.unpack_from(f"{order}H", value)[0])
    return int(struct.unpack(f"{order}I", value)[0]) if kind in (4, 13) else None
