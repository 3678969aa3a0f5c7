"""Whatever way a file says its colors, they come out as the astronaut's: within 2 of CIEDE2000."""

import io
import struct
from collections.abc import Callable

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from tests.support.bad_photos import encoded, portrait
from tests.support.color_difference import linear, mean_difference
from tests.support.decoding import code_here, decoded_here
from tests.support.photo_parts import png_chunk, png_with
from tests.support.shared import shared

Floats = NDArray[np.float64]
D65 = (0.3127, 0.3290)
# x, y of red, green and blue: BT.709, BT.2020, Display P3, Adobe RGB (1998), PAL.
BT709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
BT2020 = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046)
P3 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
ADOBE = (0.64, 0.33, 0.21, 0.71, 0.15, 0.06)


def xyz_matrix(corners: tuple[float, ...]) -> Floats:
    points = [*zip(corners[::2], corners[1::2], strict=True), D65]
    red, green, blue, white = (np.array([x / y, 1, (1 - x - y) / y]) for x, y in points)
    matrix = np.stack([red, green, blue], axis=1)
    return np.asarray(matrix * np.linalg.solve(matrix, white))


def light_in(corners: tuple[float, ...]) -> Floats:
    """The astronaut's light in other primaries; white is 1."""
    change = np.linalg.inv(xyz_matrix(corners)) @ xyz_matrix(BT709)
    return np.clip(linear(np.asarray(portrait())) @ change.T, 0, None)


def srgb(light: Floats) -> Floats:
    root = np.maximum(light, 1e-9) ** (1 / 2.4)
    return np.asarray(np.where(light <= 0.0031308, light * 12.92, 1.055 * root - 0.055))


def pq(light: Floats) -> Floats:
    """SMPTE ST 2084, with white at 203 cd/m2."""
    power = (light * 203 / 10_000) ** 0.1593017578125
    return np.asarray(((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375)


def light_of_pq(level: Floats) -> Floats:
    """The inverse of `pq`."""
    root = level ** (1 / 78.84375)
    power = np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)
    return np.asarray(power ** (1 / 0.1593017578125) * 10_000 / 203)


def hlg(light: Floats) -> Floats:
    """ARIB STD-B67 on a display of 1000 cd/m2, with white at 203 cd/m2: in BT.2020's primaries."""
    display = light * 203 / 1000
    luminance = np.maximum(display @ np.array([0.2627, 0.6780, 0.0593]), 1e-9)
    scene = display * (luminance ** ((1 - 1.2) / 1.2))[..., None]
    curve = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return np.asarray(np.where(scene <= 1 / 12, np.sqrt(3 * scene), curve))


def levels(values: Floats) -> Image.Image:
    return Image.fromarray(np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8))


def png(image: Image.Image, *chunks: tuple[bytes, bytes]) -> bytes:
    return png_with(encoded(image, "PNG"), b"".join(png_chunk(*each) for each in chunks))


def cicp(primaries: int, transfer: int) -> tuple[bytes, bytes]:
    return b"cICP", bytes([primaries, transfer, 0, 1])


def gamma(value: float) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", round(value * 100_000))


def chromaticities(corners: tuple[float, ...]) -> tuple[bytes, bytes]:
    return b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in (*D65, *corners)))


def heic(image: Image.Image, primaries: int, transfer: int) -> bytes:
    pillow_heif.register_heif_opener()
    numbers = {"color_primaries": primaries, "transfer_characteristics": transfer}
    return encoded(image, "HEIF", quality=-1, chroma=444, matrix_coefficients=0, full_range_flag=1, **numbers)


def avif(image: Image.Image, primaries: int, transfer: int) -> bytes:
    data = encoded(image, "AVIF", quality=100, subsampling="4:4:4", speed=8)
    at = data.index(b"colrnclx") + 8
    return data[:at] + struct.pack(">HH", primaries, transfer) + data[at + 4 :]


def adobe_rgb_by_exif() -> bytes:
    """As cameras say it by DCF: no profile, color space "uncalibrated", interoperability index R03."""
    exif = Image.Exif()
    details = exif.get_ifd(0x8769)
    details[0xA001] = 0xFFFF
    details[0xA005] = {1: "R03"}
    return encoded(levels(light_in(ADOBE) ** (256 / 563)), quality=97, subsampling=0, exif=exif.tobytes())


SAID: dict[str, Callable[[], bytes]] = {
    "PNG, cICP, BT.2020 and PQ": lambda: png(levels(pq(light_in(BT2020))), cicp(9, 16)),
    "PNG, cICP, BT.2020 and HLG": lambda: png(levels(hlg(light_in(BT2020))), cicp(9, 18)),
    "PNG, cICP, P3 and PQ": lambda: png(levels(pq(light_in(P3))), cicp(12, 16)),
    "PNG, cICP, P3": lambda: png(levels(srgb(light_in(P3))), cicp(12, 13)),
    "PNG, cICP, linear": lambda: png(levels(light_in(BT709)), cicp(1, 8)),
    "PNG, cICP, sRGB": lambda: png(portrait(), cicp(1, 13)),
    "PNG, cICP before gAMA": lambda: png(levels(srgb(light_in(P3))), cicp(12, 13), gamma(1.0)),
    "PNG, sRGB before gAMA": lambda: png(portrait(), (b"sRGB", b"\0"), gamma(1.0)),
    "PNG, gAMA 1": lambda: png(levels(light_in(BT709)), gamma(1.0)),
    "PNG, gAMA 1/1.8": lambda: png(levels(light_in(BT709) ** (1 / 1.8)), gamma(1 / 1.8)),
    "PNG, gAMA 1/2.2": lambda: png(portrait(), gamma(0.45455)),
    "PNG, cHRM of Adobe RGB": lambda: png(
        levels(light_in(ADOBE) ** (1 / 2.2)), chromaticities(ADOBE), gamma(1 / 2.2)
    ),
    "PNG, a gAMA that can't be": lambda: png(portrait(), gamma(0.0)),
    "PNG, a cHRM that can't be": lambda: png(portrait(), chromaticities((0.0,) * 6)),
    "PNG, see-through and PQ": lambda: png(levels(pq(light_in(BT2020))).convert("RGBA"), cicp(9, 16)),
    "HEIC, nclx, BT.2020 and PQ": lambda: heic(levels(pq(light_in(BT2020))), 9, 16),
    "HEIC, nclx, BT.2020 and HLG": lambda: heic(levels(hlg(light_in(BT2020))), 9, 18),
    "HEIC, nclx, P3": lambda: heic(levels(srgb(light_in(P3))), 12, 13),
    "HEIC, nclx, not said": lambda: heic(portrait(), 2, 2),
    "AVIF, nclx, P3": lambda: avif(levels(srgb(light_in(P3))), 12, 13),
    "AVIF": lambda: encoded(portrait(), "AVIF", quality=97, subsampling="4:4:4"),
    "JPEG, Adobe RGB by EXIF": adobe_rgb_by_exif,
    "JPEG, CMYK": lambda: encoded(portrait().convert("CMYK"), quality=97, subsampling=0),
    "JPEG, broken profile": lambda: encoded(portrait(), quality=97, subsampling=0, icc_profile=b"junk" * 99),
    "PNG, profile of another kind": lambda: encoded(
        portrait(), "PNG", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_the_astronaut_comes_out_in_its_own_colors(name: str) -> None:
    pixels = decoded_here(SAID[name]()).pixels

    assert mean_difference(pixels, np.asarray(portrait())) <= 2


def test_an_avif_in_pq_comes_out_as_its_own_levels_say() -> None:
    """Eight bits of Y, Cb and Cr can't hold PQ's darks within 2: the right value is what the file holds."""
    file = avif(levels(pq(light_in(BT2020))), 9, 16)
    held = np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))
    light = light_of_pq(held / 255) @ (np.linalg.inv(xyz_matrix(BT709)) @ xyz_matrix(BT2020)).T
    right = np.asarray(levels(srgb(np.clip(light, 0, 1))))
    assert (
        mean_difference(held, np.asarray(portrait())) > 10
    )  # taken as sRGB, it would be quite another picture

    assert mean_difference(decoded_here(file).pixels, right) <= 0.5
    assert mean_difference(decoded_here(file).pixels, np.asarray(portrait())) <= 4


@pytest.mark.parametrize(
    "name", ["heic_pq_nclx.heic", "png_cicp_pq.png", "x_P3_png_cICP.png", "png_gama_linear.png"]
)
def test_files_of_other_hands(name: str) -> None:
    pixels = decoded_here(shared(f"cases/intake/{name}").read_bytes()).pixels

    assert mean_difference(pixels, np.asarray(portrait())) <= 2


def test_grey_pictures_are_converted_too() -> None:
    gray = np.asarray(portrait().convert("L"))
    file = png(levels(linear(gray)).convert("L"), gamma(1.0))

    pixels = decoded_here(file).pixels

    assert mean_difference(pixels, np.stack([gray] * 3, axis=-1)) <= 2


def test_what_is_brighter_than_white_is_rolled_off_and_the_rest_keeps_its_order() -> None:
    ramp = np.linspace(0, 1000 / 203, 512)[None, :, None].repeat(300, 0).repeat(3, 2)

    row = decoded_here(png(levels(pq(ramp)), cicp(1, 16))).pixels[150, :, 1].astype(int)

    assert (np.diff(row) >= 0).all()
    assert row[0] == 0 and row[-1] >= 250
    assert 150 < row[round(511 * 203 / 1000)] < 240, "white is left room above it"
    assert len(set(row[110:])) > 20, "highlights still differ"


def test_colors_that_nobody_defined_are_refused_in_a_sentence() -> None:
    assert code_here(png(portrait(), cicp(1, 10))) == "unsupported_colour"


def test_print_colors_without_a_profile_are_taken_with_a_warning() -> None:
    assert decoded_here(encoded(portrait().convert("CMYK"))).notes == ["print_colours"]


def test_a_lab_picture_is_not_taken() -> None:
    file = io.BytesIO()
    portrait().convert("LAB").save(file, "TIFF")
    with pytest.raises(Exception) as refused:
        decoded_here(file.getvalue())
    assert getattr(refused.value, "code", "") == "tiff"
