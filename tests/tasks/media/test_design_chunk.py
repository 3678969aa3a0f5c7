"""A picture carries its design, every viewer still shows it, and a stranger's chunk harms nothing."""

import bz2
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from tasks.design.compose import design_character
from tasks.design.serialize import BadDesign
from tasks.design.shapes import CharacterDesign, Framing
from tasks.media.design_chunk import design_of, with_design
from tests.support.heads import head_sheet
from tests.support.providers import a_picture


@pytest.fixture(scope="module")
def design() -> CharacterDesign:
    return design_character(head_sheet(), Framing.PORTRAIT, seed=3)


def chunk(content: bytes, kind: bytes = b"skDN") -> bytes:
    """A PNG with this chunk before its end."""
    whole = struct.pack(">I", len(content)) + kind + content
    whole += struct.pack(">I", zlib.crc32(kind + content))
    return a_picture().replace(b"\0\0\0\0IEND", whole + b"\0\0\0\0IEND")


def test_it_is_read_back_whole_and_the_pixels_are_as_they_were(design: CharacterDesign) -> None:
    carrying = with_design(a_picture((10, 120, 200)), design)
    found = design_of(carrying)
    assert found is not None and (found.framing, found.pose) == (design.framing, design.pose)
    assert [each.name for each in found.shapes] == [each.name for each in design.shapes]
    assert all(
        np.array_equal(one, other)
        for mine, read in zip(design.shapes, found.shapes, strict=True)
        for one, other in zip(mine.loops, read.loops, strict=True)
    )
    with Image.open(io.BytesIO(carrying)) as picture:
        picture.load()  # Pillow verifies the checksums of the chunks it passes
        assert picture.getpixel((3, 3)) == (10, 120, 200)


def test_what_carries_none_says_so() -> None:
    assert design_of(a_picture()) is None
    assert design_of(b"\xff\xd8\xff\xe0 a photo") is None
    assert design_of(a_picture()[:40]) is None


@pytest.mark.parametrize(
    "content",
    [
        b"not bzip2",
        bz2.compress(b"not JSON"),
        bz2.compress(b'{"version":999}'),
        bz2.compress(b"{}")[:-4],
        bz2.compress(b" " * 20_000_000),
    ],
    ids=["bytes", "text", "a newer version", "cut off", "a bomb"],
)
def test_a_damaged_one_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(BadDesign):
        design_of(chunk(content))


def test_a_changed_byte_is_noticed(design: CharacterDesign) -> None:
    carrying = bytearray(with_design(a_picture(), design))
    carrying[carrying.index(b"skDN") + 400] ^= 1
    with pytest.raises(BadDesign):
        design_of(bytes(carrying))
