"""A picture file taken apart."""

from dataclasses import dataclass, field

SURELY_SRGB = 0.01  # how far a number of the file may be from sRGB's and still mean it


class Rejected(Exception):
    """The picture can't be used; the only argument is a code of `tasks.photo.codes`."""


@dataclass
class Packed:
    """What a decoder gets, and what the file says of orientation and color."""

    data: bytes
    # The same file with other bytes in place of what is missing: rows that come out otherwise are not there.
    # The first that can be decoded tells.
    others: list[bytes] = field(default_factory=list)
    rows: int | None = None  # how many rows are there, where that is known without comparing
    interlaced: bool = False  # pixels that are not there are taken from their neighbours
    bgr: bool = False  # blue comes first (Apple's own kind of PNG)
    coarse: bool = False  # what is missing makes rows coarser, not absent (progressive files)
    exif: bytes | None = None  # beginning with its TIFF header
    xmp: bytes | None = None
    icc: bytes | None = None
    cicp: tuple[int, int] | None = None  # primaries, transfer: code points of ITU-T H.273
    gamma: float | None = None
    chromaticities: tuple[float, ...] | None = None  # x, y of red, green, blue, white
    notes: list[str] = field(default_factory=list)  # codes of WARNINGS


_VARIED = bytes((90 + 37 * at + at * at * 11) % 251 for at in range(4096))


def fillers(length: int) -> list[bytes]:
    """Bytes in place of missing ones, the same each time; none of them is FF.

    Some decoders stop at anything but nearly empty data, others take that for the end.
    """
    return [(block * (length // len(block) + 1))[:length] for block in (_VARIED, b"\x80", b"\x01")]
