"""Bad photos of every kind, made in code: each with the code it must end in."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from db.settings import PROJECT

PHOTOS = PROJECT / "tests" / "photos"


def portrait() -> Image.Image:
    """A public-domain portrait that is fine in every way, 512 pixels square."""
    with Image.open(PHOTOS / "astronaut.jpg") as image:
        return image.convert("RGB").resize((512, 512))


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    if kind == "HEIF":
        pillow_heif.register_heif_opener()
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def scene(width: int = 640, height: int = 480) -> Image.Image:
    """A sharp, well lit picture of nobody."""
    noise = np.random.default_rng(7).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.NEAREST)


def png_of(width: int, height: int, *, bits: int = 1, color: int = 0) -> bytes:
    """A plain PNG that is tiny as a file however large it is as a picture."""
    samples = {0: 1, 2: 3, 6: 4}[color]
    row = b"\0" + b"\0" * ((width * bits * samples + 7) // 8)
    packer = zlib.compressobj(9 if bits == 1 else 1)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def darkened(image: Image.Image, stops: float) -> Image.Image:
    """The same photo with less light (or more: negative stops), as the sensor would have seen it."""
    light = (np.asarray(image) / 255.0) ** 2.2 / 2.0**stops
    return Image.fromarray(((np.clip(light, 0, 1) ** (1 / 2.2)) * 255).astype(np.uint8))


def fogged(image: Image.Image, share: float) -> Image.Image:
    return Image.blend(image, Image.new("RGB", image.size, (220, 220, 220)), share)


def pasted(*images: Image.Image) -> Image.Image:
    """Several pictures side by side."""
    sheet = Image.new("RGB", (sum(each.width for each in images), max(each.height for each in images)))
    at = 0
    for each in images:
        sheet.paste(each, (at, 0))
        at += each.width
    return sheet


def _zip(name: str, *, locked: bool = False) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "some text")
    data = bytearray(file.getvalue())
    data[6] |= locked
    return bytes(data)


def _tiff_with_tag(tag: int) -> bytes:
    return struct.pack("<2sHIHHHII", b"II", 42, 8, 1, tag, 1, 4, 1) + bytes(8)


def _box(kind: bytes, brands: bytes) -> bytes:
    return struct.pack(">I", 8 + len(brands)) + kind + brands + bytes(64)


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _patched_frame_header(at: int, value: int) -> bytes:
    """A JPEG whose frame header has another byte: 1 marker, 4 bits a sample, 9 components."""
    data = bytearray(encoded(scene()))
    frame = data.index(b"\xff\xc0")
    data[frame + at] = value
    return bytes(data)


def _damaged_png() -> bytes:
    data = bytearray(encoded(scene(), "PNG"))
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(400)
    return bytes(data)


def _damaged_heic() -> bytes:
    data = bytearray(encoded(scene(), "HEIF"))
    start = data.index(b"hvcC") + 4
    data[start : start + 60] = b"\xff" * 60
    return bytes(data)


def moving(kind: str) -> bytes:
    frames = [scene(), scene().rotate(180)]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def _far_away() -> Image.Image:
    small = portrait().resize((160, 160))
    wide = scene(1200, 900).filter(ImageFilter.GaussianBlur(3))
    wide.paste(small, (500, 300))
    return wide


def _cut_off() -> Image.Image:
    image = portrait()
    return image.crop((int(image.width * 0.42), 0, image.width, image.height))


FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "nothing": ("empty", lambda: b""),
    "a hollow file": ("only_zeros", lambda: bytes(5000)),
    "a file of 25 MB": ("too_large_bytes", lambda: b"\xff\xd8\xff" + bytes(25 * 1024 * 1024)),
    "a web page": ("html_page", lambda: b"\n<!DOCTYPE html><html><body>Not found</body></html>"),
    "a web page in UTF-16": ("html_page", lambda: "<html><body>ü</body></html>".encode("utf-16")),
    "a letter": ("text_file", lambda: "Liebe Oma, anbei das Foto. Grüße!".encode() * 300),
    "a drawing": ("svg_drawing", lambda: b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>"),
    "a PDF": ("pdf_document", lambda: b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj"),
    "a locked PDF": ("locked_file", lambda: b"%PDF-1.7\ntrailer<</Encrypt 5 0 R>>"),
    "a letter in Word": ("office_document", lambda: _zip("word/document.xml")),
    "an old letter in Word": ("office_document", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
    "a ZIP": ("archive", lambda: _zip("ada.txt")),
    "a tar": ("archive", lambda: b"ada.jpg".ljust(257, b"\0") + b"ustar\x0000".ljust(255, b"\0")),
    "a locked ZIP": ("locked_file", lambda: _zip("ada.txt", locked=True)),
    "an encrypted mail": ("locked_file", lambda: b"-----BEGIN PGP MESSAGE-----\n\nhQEMA"),
    "a film from a phone": ("video", lambda: _box(b"ftyp", b"qt  \0\0\0\0qt  ")),
    "a film": ("video", lambda: _box(b"ftyp", b"isom\0\0\0\0isommp42")),
    "a film from the web": ("video", lambda: b"\x1aE\xdf\xa3" + bytes(64)),
    "a song": ("sound", lambda: b"ID3\x04" + bytes(64)),
    "a voice message": ("sound", lambda: b"OggS" + bytes(64)),
    "a program": ("program", lambda: b"\x7fELF" + bytes(64)),
    "a program for Windows": ("program", lambda: b"MZ\x90\0" + bytes(64)),
    "a GIF": ("gif", lambda: encoded(scene(), "GIF")),
    "a BMP": ("bmp", lambda: encoded(scene(), "BMP")),
    "a TIFF": ("tiff", lambda: encoded(scene(), "TIFF")),
    "an AVIF with nothing in it": ("truncated", lambda: _box(b"ftyp", b"avif\0\0\0\0mif1avif")),
    "a DNG": ("raw_photo", lambda: _tiff_with_tag(0xC612)),
    "a NEF": ("raw_photo", lambda: _tiff_with_tag(0x014A)),
    "a CR2": ("raw_photo", lambda: b"II*\0\x10\0\0\0CR\x02\0" + bytes(64)),
    "a CR3": ("raw_photo", lambda: _box(b"ftyp", b"crx \0\0\0\1crx isom")),
    "a Photoshop file": ("layered_picture", lambda: b"8BPS\0\1" + bytes(64)),
    "an icon": ("unsupported_format", lambda: encoded(scene(), "ICO")),
    "a JPEG 2000": ("jpeg_2000", lambda: encoded(scene(), "JPEG2000")),
    "a JPEG XL": ("jpeg_xl", lambda: b"\xff\x0a" + bytes(range(200, 250))),
    "noise": ("not_an_image", lambda: b"\x9c" + np.random.default_rng(1).bytes(3000)),
    "half a JPEG": ("truncated", lambda: _half(encoded(scene()))),
    "half a PNG": ("truncated", lambda: _half(encoded(scene(), "PNG"))),
    "half a WEBP": ("truncated", lambda: _half(encoded(scene(), "WEBP"))),
    "half a HEIC": ("truncated", lambda: _half(encoded(scene(), "HEIF"))),
    "three bytes of a JPEG": ("truncated", lambda: b"\xff\xd8\xff"),
    "a damaged PNG": ("corrupt", _damaged_png),
    "a JPEG with nothing in it": ("corrupt", lambda: b"\xff\xd8\xff\xe0" + b"\0\x04ab" * 50 + b"\xff\xd9"),
    "a damaged HEIC": ("heic_unreadable", _damaged_heic),
    "a lossless JPEG": ("unusual_jpeg", lambda: _patched_frame_header(1, 0xC3)),
    "a JPEG of 12 bits": ("unusual_jpeg", lambda: _patched_frame_header(4, 12)),
    "a JPEG of two colours": ("unsupported_colour", lambda: _patched_frame_header(9, 2)),
    "a bomb": ("too_many_pixels", lambda: png_of(13300, 13300)),
    "a thumbnail": ("too_small", lambda: encoded(portrait().resize((127, 127)))),
    "a strip": ("too_narrow", lambda: encoded(scene(1700, 400), "PNG")),
    "a wall": ("blank", lambda: encoded(Image.new("RGB", (640, 480), (200, 180, 160)))),
}

PEOPLE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "nobody": ("no_face", lambda: encoded(scene())),
    "two people": ("several_faces", lambda: encoded(pasted(portrait(), portrait()))),
    "somebody far away": ("face_too_small", lambda: encoded(_far_away())),
    "half a face": ("face_cut_off", lambda: encoded(_cut_off())),
    "a cellar": ("too_dark", lambda: encoded(darkened(portrait(), 7), quality=95)),
    "a cellar without a face": ("too_dark", lambda: encoded(darkened(scene(), 8), quality=95)),
    "a flash from near": ("too_bright", lambda: encoded(darkened(portrait(), -2.5))),
    "snow": ("too_bright", lambda: encoded(scene().point(lambda value: 244 + value // 24))),
    "a shaken camera": ("too_blurry", lambda: encoded(portrait().filter(ImageFilter.GaussianBlur(4)))),
    "no focus at all": ("too_blurry", lambda: encoded(portrait().filter(ImageFilter.GaussianBlur(14)))),
    "fog": ("low_contrast", lambda: encoded(fogged(portrait(), 0.9), quality=95)),
}


def pixels_of(data: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))
