"""The design inside the picture that was drawn of it: a chunk of its own in the PNG.

So a variant carries what it was made from, wherever it goes, and a print, a cut-out or a layered file can be
made of it when the photo is long erased. The chunk is ancillary and private, and marked as unsafe to copy
(PNG, section 5.4): a program that changes the picture drops it.

Its content is the design's JSON as bzip2: of that there is one implementation, so every machine writes the
same bytes, which can't be said of zlib.
"""

import bz2
import struct
import zlib
from collections.abc import Iterator

from tasks.design.serialize import BadDesign, design_from_json, design_to_json
from tasks.design.shapes import CharacterDesign

CHUNK = b"skDN"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LARGEST = 16_000_000  # bytes of JSON; the designs of the development photos have up to 0.4 million


def with_design(png: bytes, design: CharacterDesign) -> bytes:
    """The same picture with its design in it, right before the end. `png` is a PNG without a design."""
    end = png.rindex(b"IEND") - 4
    content = bz2.compress(design_to_json(design).encode())
    checksum = zlib.crc32(CHUNK + content)
    return b"".join(
        [png[:end], struct.pack(">I", len(content)), CHUNK, content, struct.pack(">I", checksum), png[end:]]
    )


def design_of(picture: bytes) -> CharacterDesign | None:
    """The design that a picture carries; None where it carries none: a photo, or a picture of a provider.

    Raises BadDesign for one that is damaged, or that a newer version wrote.
    """
    for kind, content, checksum in _chunks(picture):
        if kind == CHUNK:
            if zlib.crc32(kind + content) != checksum:
                raise BadDesign("The design in this picture is damaged.")
            return design_from_json(_unpacked(content))
    return None


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Kind, content and checksum of each chunk, as far as the bytes go; none of what is no PNG."""
    if not picture.startswith(_SIGNATURE):
        return
    at = len(_SIGNATURE)
    while at + 12 <= len(picture):
        (length,) = struct.unpack_from(">I", picture, at)
        end = at + 8 + length
        if end + 4 > len(picture):
            return
        yield picture[at + 4 : at + 8], picture[at + 8 : end], struct.unpack_from(">I", picture, end)[0]
        at = end + 4


def _unpacked(content: bytes) -> str:
    unpacking = bz2.BZ2Decompressor()
    try:
        text = unpacking.decompress(content, max_length=_LARGEST)
        if not unpacking.eof:
            raise BadDesign("The design in this picture is cut off, or too large.")
        return text.decode()
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise BadDesign("The design in this picture is damaged.") from error
