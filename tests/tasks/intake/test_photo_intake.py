"""What is broken beside the pixels or missing behind them spoils no photo; missing pixels are told of."""

import hashlib
import zlib
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tasks.errors import PhotoRefused
from tasks.intake.normalize import normalize_photo
from tasks.photo.codes import WARNINGS
from tasks.photo.decode import decode_photo, encode_jpeg
from tests.support.bad_photos import PHOTOS, encoded, moving, portrait, scene
from tests.support.color_difference import mean_difference
from tests.support.decoding import code_here, decoded_here
from tests.support.photo_parts import (
    box,
    jpeg_segment,
    jpeg_with,
    png_chunk,
    png_with,
    riff,
    riff_chunk,
)
from tests.support.shared import shared
from tests.tasks.conftest import weights

__all__ = ["weights"]

PNG = encoded(portrait(), "PNG")
JPEG = encoded(portrait(), quality=92)
PROGRESSIVE = encoded(portrait(), quality=92, progressive=True)
WEBP = encoded(portrait(), "WEBP", quality=92)
LOSSLESS = encoded(portrait(), "WEBP", lossless=True, method=0)
HEIC = encoded(portrait(), "HEIF", quality=92)
AVIF = encoded(portrait(), "AVIF", quality=92, speed=8)
SOUND = {"PNG": PNG, "JPEG": JPEG, "WEBP": WEBP, "HEIC": HEIC, "AVIF": AVIF}
FILM = box(b"ftyp", b"mp42\0\0\0\0isom") + box(b"mdat", np.random.default_rng(3).bytes(9000))


@pytest.fixture(scope="module")
def plain() -> dict[str, NDArray[np.uint8]]:
    """The pixels of the sound files."""
    return {name: decoded_here(data).pixels for name, data in SOUND.items()}


def besides_in_png() -> Iterator[tuple[str, bytes]]:
    names = ("tEXt", "zTXt", "iTXt", "iCCP", "pHYs", "gAMA", "cHRM", "sRGB", "eXIf", "tIME", "bKGD", "prVt")
    for name in (*names, "acTL", "fcTL", "fdAT", "tRNS", "cICP", "sPLT", "hIST", "caBX"):
        body = b"abcd" * 3
        ways = {
            "wrong checksum": png_chunk(name.encode(), body, checksum=7),
            "too long": png_chunk(name.encode(), body, length=40),
            "far too long": png_chunk(name.encode(), body, length=0xFFFFFFF0),
            "too short": png_chunk(name.encode(), body, length=5),
            "nonsense": png_chunk(name.encode(), body),
            "empty": png_chunk(name.encode(), b""),
        }
        yield from ((f"{name} {way}", png_with(PNG, chunk)) for way, chunk in ways.items())
    huge = zlib.compress(bytes(3_000_000), 9)
    yield "a text of 3 MB", png_with(PNG, png_chunk(b"zTXt", b"c\0\0" + huge))
    yield "a profile of 3 MB", png_with(PNG, png_chunk(b"iCCP", b"c\0\0" + huge))
    yield "a header's checksum", PNG[:29] + bytes(4) + PNG[33:]
    yield "pixel data's checksum", PNG[:-16] + bytes(4) + PNG[-12:]
    yield "junk between chunks", png_with(PNG, b"junkjunkjunk")
    yield "no end", PNG[:-12]
    yield "half an end", PNG[:-5]
    yield "no checksum of the pixels", PNG[:-20]
    yield "rubbish behind", PNG + b"rubbish" * 99


def besides_in_jpeg() -> Iterator[tuple[str, bytes]]:
    bodies = {
        "photoshop": (0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\xff\xff\xff\xffxx"),
        "exif": (0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff"),
        "second view": (0xE2, b"MPF\0II*\0\x08\0\0\0\xff\xff"),
        "profile in pieces": (0xE2, b"ICC_PROFILE\0\x01\x03piece"),
        "xmp": (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta"),
        "adobe": (0xEE, b"Adobe\0"),
        "comment": (0xFE, b"comment"),
        "old header": (0xE0, b"JFXX\0\x10"),
        "unknown": (0xEB, b"HDR_RI ver=11" * 9),
    }
    for name, (marker, body) in bodies.items():
        for way, length in {
            "": None,
            "long": len(body) + 90,
            "longest": 65535,
            "short": 4,
            "zero": 0,
        }.items():
            yield f"{name} {way}", jpeg_with(JPEG, jpeg_segment(marker, body, length=length))
    for name, data in {"": JPEG, "progressive ": PROGRESSIVE}.items():
        yield f"{name}no end", data[:-2]
        yield f"{name}half an end", data[:-1]
        yield f"{name}film behind", data + FILM
        yield f"{name}film instead of the end", data[:-2] + FILM
        yield f"{name}zeros instead of the end", data[:-2] + bytes(4000)
        yield f"{name}gain map behind", data + encoded(portrait().convert("L").resize((256, 256)))
    yield "fill bytes", jpeg_with(JPEG, b"\xff\xff\xff")


def extended_webp(*chunks: bytes, flags: int = 0) -> bytes:
    size = (511).to_bytes(3, "little") * 2
    return riff(riff_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + size) + b"".join(chunks))


def besides_in_webp() -> Iterator[tuple[str, bytes]]:
    picture = WEBP[12:]
    for length in (0, 20, 99_999_999):
        yield f"the file says {length} bytes", riff(picture, length=length)
    for chunk, flag in {b"EXIF": 8, b"XMP ": 4, b"ICCP": 32, b"ABCD": 0}.items():
        for said in (None, 3333, 0xFFFFFFF0):
            extra = riff_chunk(chunk, b"junk" * 9, length=said)
            yield f"{chunk.decode()} {said} before", extended_webp(extra, picture, flags=flag)
            yield f"{chunk.decode()} {said} behind", extended_webp(picture, extra, flags=flag)
    yield "a profile that is not there", extended_webp(picture, flags=32)
    yield "no padding", WEBP.rstrip(b"\0") if WEBP.endswith(b"\0") else WEBP
    yield "rubbish behind", WEBP + b"rubbish"


def besides_in_boxes(data: bytes) -> Iterator[tuple[str, bytes]]:
    yield "an unknown box", data + box(b"abcd", b"x" * 40)
    yield "rubbish behind", data + b"rubbish" * 10
    yield "a box that is too long", data + box(b"free", b"x" * 40, length=99_999)
    yield "a film", data + box(b"mpvd", FILM)
    yield "half a film", data + box(b"mpvd", FILM, length=9_999_999)


BESIDES = {
    "PNG": list(besides_in_png()),
    "JPEG": list(besides_in_jpeg()),
    "WEBP": list(besides_in_webp()),
    "HEIC": list(besides_in_boxes(HEIC)),
    "AVIF": list(besides_in_boxes(AVIF)),
}


@pytest.mark.parametrize("kind", BESIDES)
def test_what_is_broken_beside_the_pixels_spoils_nothing(
    kind: str, plain: dict[str, NDArray[np.uint8]]
) -> None:
    for name, data in BESIDES[kind]:
        decoded = decoded_here(data)
        expected = decoded_here(PROGRESSIVE).pixels if "progressive" in name else plain[kind]
        assert decoded.pixels.shape == expected.shape, name
        assert np.abs(decoded.pixels.astype(int) - expected).mean() < 0.05, name
        assert decoded.notes == [], name


class TestCutShort:
    @pytest.mark.parametrize(
        ("data", "share"),
        [(JPEG, 0.6), (PNG, 0.6), (WEBP, 0.6), (LOSSLESS, 0.6), (HEIC, 0.7), (AVIF, 0.7)],
        ids=["JPEG", "PNG", "WEBP", "lossless WEBP", "HEIC", "AVIF"],
    )
    def test_the_rows_that_are_there_are_taken_and_no_others(self, data: bytes, share: float) -> None:
        whole = decoded_here(data).pixels

        cut = decoded_here(data[: int(len(data) * share)])

        assert cut.notes == ["cut_short"]
        rows = cut.pixels.shape[0]
        assert 200 < rows < 500 and cut.pixels.shape[1] == 512
        assert mean_difference(cut.pixels, whole[:rows]) < 0.5

    @pytest.mark.parametrize("share", [0.6, 0.9])
    def test_a_progressive_jpeg_is_coarser_but_whole(self, share: float) -> None:
        cut = decoded_here(PROGRESSIVE[: int(len(PROGRESSIVE) * share)])

        assert cut.notes == ["cut_short"]
        assert mean_difference(cut.pixels, np.asarray(portrait())) < 3

    def test_an_interlaced_png_cut_in_half_is_coarser_but_whole(self) -> None:
        data = interlaced(np.asarray(portrait()))
        assert mean_difference(decoded_here(data).pixels, np.asarray(portrait())) == 0

        cut = decoded_here(data[: len(data) * 55 // 100])

        assert cut.notes == ["cut_short"]
        assert mean_difference(cut.pixels, np.asarray(portrait())) < 4

    @pytest.mark.parametrize("data", [JPEG, PNG, WEBP], ids=["JPEG", "PNG", "WEBP"])
    def test_next_to_nothing_is_refused(self, data: bytes) -> None:
        with pytest.raises(PhotoRefused) as refused:
            decode_photo(data[: len(data) // 60])
        assert refused.value.code == "truncated"

    def test_a_whole_face_is_taken_with_a_warning(self, weights: object) -> None:
        normal = normalize_photo(JPEG[: len(JPEG) * 8 // 10])

        assert WARNINGS["cut_short"] in normal.warnings
        assert normal.photo.height < 500

    def test_half_a_face_is_refused_because_its_end_is_missing(self, weights: object) -> None:
        with pytest.raises(PhotoRefused) as refused:
            normalize_photo(JPEG[: len(JPEG) * 2 // 10])
        assert refused.value.code == "truncated"

    @pytest.mark.parametrize("name", ["cut_2bytes.jpg", "motion_no_eoi.jpg", "png_big_ztxt.png"])
    def test_files_of_other_hands(self, name: str) -> None:
        assert decoded_here(shared(f"cases/intake/{name}").read_bytes()).notes == []


def interlaced(pixels: NDArray[np.uint8]) -> bytes:
    """An Adam7 PNG without filters."""
    height, width = pixels.shape[:2]
    steps = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = [b"\0" + row.tobytes() for x, y, dx, dy in steps for row in pixels[y::dy, x::dx]]
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 1])
    body = zlib.compress(b"".join(rows), 6)
    chunks = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


class TestHowItWasHeld:
    """Three quarters of a turn more than none, or the other way round: by the corners."""

    def red_corner(self, pixels: NDArray[np.uint8]) -> tuple[bool, bool]:
        red = pixels[..., 0].astype(int) - pixels[..., 2]
        y, x = (int(each.mean()) for each in np.nonzero(red > 120))
        return x > pixels.shape[1] // 2, y > pixels.shape[0] // 2

    def picture(self) -> Image.Image:
        picture = Image.new("RGB", (400, 300), (90, 120, 140))
        picture.paste((255, 0, 0), (0, 0, 80, 60))
        return picture

    @pytest.mark.parametrize("broken", [False, True])
    def test_a_broken_exif_still_tells_the_orientation(self, broken: bool) -> None:
        # Two entries: a camera name whose place lies beyond the end, and the orientation.
        entries = b"\x0f\x01\x02\x00\xff\x00\x00\x00\xff\xff\xff\x7f" * broken
        entries += b"\x12\x01\x03\x00\x01\x00\x00\x00\x03\x00\x00\x00"
        exif = b"Exif\0\0II*\0\x08\0\0\0" + bytes([1 + broken, 0]) + entries
        data = jpeg_with(encoded(self.picture()), jpeg_segment(0xE1, exif))

        assert self.red_corner(decoded_here(data).pixels) == (True, True)

    @pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "HEIF"])
    def test_nothing_is_turned_twice(self, kind: str) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6
        upright = self.picture()
        stored = upright.transpose(Image.Transpose.ROTATE_90)

        decoded = decoded_here(encoded(stored, kind, exif=exif.tobytes()))

        assert decoded.pixels.shape == (300, 400, 3)
        assert self.red_corner(decoded.pixels) == (False, False)

    def test_a_thumbnail_in_the_exif_is_not_the_photo(self) -> None:
        thumbnail = encoded(portrait().resize((160, 160)), quality=60)
        exif = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0" + thumbnail
        for length in (None, len(exif) - 1500, 60000):
            data = jpeg_with(JPEG, jpeg_segment(0xE1, exif, length=length))
            assert decoded_here(data).pixels.shape == (512, 512, 3)


def test_apples_own_kind_of_png_has_its_colors_the_right_way_round() -> None:
    pixels = np.asarray(portrait())
    rows = b"".join(b"\0" + row[:, ::-1].tobytes() for row in pixels)
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = packer.compress(rows) + packer.flush()
    header = (512).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    chunks = [(b"CgBI", bytes([0x50, 0, 0x20, 2])), (b"IHDR", header), (b"IDAT", body), (b"IEND", b"")]

    decoded = decoded_here(b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*each) for each in chunks))

    assert (decoded.pixels == pixels).all() and decoded.notes == []


class TestManyPictures:
    @pytest.mark.parametrize("kind", ["PNG", "WEBP"])
    def test_of_a_moving_picture_the_first_moment_is_taken(self, kind: str) -> None:
        decoded = decoded_here(moving(kind))

        assert decoded.notes == ["animated"]
        assert mean_difference(decoded.pixels, np.asarray(scene())) < 8

    def test_of_a_moving_avif_too(self) -> None:
        frames = [scene(), scene().rotate(180)]
        data = encoded(frames[0], "AVIF", save_all=True, append_images=frames[1:], duration=100, speed=8)

        assert mean_difference(decoded_here(data).pixels, np.asarray(scene())) < 8


class TestWork:
    def many_scans(self, side: int, more: int) -> bytes:
        data = encoded(Image.new("L", (side, side), 128), progressive=True, quality=10)
        last = data[data.rindex(b"\xff\xda") : -2]
        return data[:-2] + last * more + b"\xff\xd9"

    @pytest.mark.parametrize(("side", "more"), [(300, 2000), (7000, 60)])
    def test_a_jpeg_of_far_too_many_scans_is_refused_before_it_is_decoded(self, side: int, more: int) -> None:
        assert code_here(self.many_scans(side, more)) == "too_many_scans"

    def test_a_few_more_than_usual_are_fine(self) -> None:
        assert code_here(self.many_scans(1000, 30)) == ""

    def test_a_png_of_far_too_many_chunks_is_refused(self) -> None:
        assert code_here(png_with(PNG, png_chunk(b"tEXt", b"a\0") * 100_001)) == "too_many_chunks"


def held(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


# How a file is made, the digest of that file, and that of the photo that came of it before.
GOLDEN: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "baseline JPEG": (
        lambda: encoded(portrait(), quality=90),
        "1d5583d3e7fd7c5c",
        "39cccdee5b95326f",
    ),
    "progressive JPEG": (
        lambda: encoded(portrait(), quality=88, progressive=True),
        "f34f408f675f57aa",
        "5d807320b4af6d64",
    ),
    "turned JPEG": (
        lambda: encoded(portrait().rotate(90), exif=held(6)),
        "2b51bd39229f104e",
        "c89920ef54ad68db",
    ),
    "large JPEG": (
        lambda: encoded(portrait().resize((2500, 2300))),
        "c549b1d2c32f4e6d",
        "d4ea0aa4362c4118",
    ),
    "grey JPEG": (
        lambda: encoded(portrait().convert("L")),
        "eb954917ff78c1f6",
        "f5b1f75ce4e8589b",
    ),
    "CMYK JPEG": (
        lambda: encoded(portrait().convert("CMYK")),
        "42fecaf9f4d7b4a6",
        "f8dcb00de3f9d189",
    ),
    "PNG": (
        lambda: encoded(portrait(), "PNG"),
        "d08ef57e87f79de5",
        "1d78e6bc79ae2129",
    ),
    "PNG palette": (
        lambda: encoded(portrait().quantize(128), "PNG"),
        "f22636a426d82422",
        "ff895e5efa125cca",
    ),
    "PNG see-through": (
        lambda: encoded(portrait().convert("RGBA"), "PNG"),
        "09531895d99e96a8",
        "1d78e6bc79ae2129",
    ),
    "PNG turned": (
        lambda: encoded(portrait(), "PNG", exif=held(3)),
        "5b0469f2848c3336",
        "e37e2a4c93d4afad",
    ),
    "WEBP": (
        lambda: encoded(portrait(), "WEBP", quality=85),
        "6cc903a0e87360fe",
        "5aed77f400c74573",
    ),
    "WEBP lossless": (
        lambda: encoded(portrait(), "WEBP", lossless=True),
        "e7750eeb495088ae",
        "1d78e6bc79ae2129",
    ),
    "WEBP turned": (
        lambda: encoded(portrait(), "WEBP", quality=85, exif=held(8)),
        "8d7b1123b3fe1445",
        "863eefe564d246e7",
    ),
    "HEIC": (
        lambda: encoded(portrait(), "HEIF", quality=85),
        "43820cdbec6acbb8",
        "b87b373d67dc27e1",
    ),
    "HEIC turned": (
        lambda: encoded(portrait().rotate(90), "HEIF", quality=85, exif=held(6)),
        "2981ad3c1b1a97be",
        "38298b95a722a98d",
    ),
    "MPO": (
        lambda: encoded(portrait(), "MPO", save_all=True, append_images=[portrait().rotate(180)]),
        "63c6e444a9057bfe",
        "b63bbcb232fec33a",
    ),
}


class TestTheSameDigestAsEver:
    """A photo that was normalized before must come out byte for byte the same: its digest is in work keys."""

    @pytest.mark.parametrize("name", ["astronaut", "obama", "biden"])
    def test_the_photos(self, name: str, weights: object) -> None:
        expected = {
            "astronaut": "1d78e6bc79ae2129265eca18828bca6405360c2d6a15a4371a3577b4171d450b",
            "obama": "6c356e38bd2b3a0ca06886c2a69a15ceaff74a0bbc311aa0d40cbcd0250ce233",
            "biden": "6755b613e15564436b4d3f3f109151186a8883ea2b75a59f152942cfc80c7951",
        }
        assert normalize_photo((PHOTOS / f"{name}.jpg").read_bytes()).photo.sha256 == expected[name]

    @pytest.mark.parametrize("name", GOLDEN)
    def test_samples_of_every_format(self, name: str) -> None:
        made, made_digest, pixels_digest = GOLDEN[name]
        data = made()
        if made_digest and hashlib.sha256(data).hexdigest()[:16] != made_digest:
            pytest.skip("this machine's encoder makes another file")

        kept = encode_jpeg(decoded_here(data).pixels)

        assert hashlib.sha256(kept).hexdigest()[:16] == pixels_digest
