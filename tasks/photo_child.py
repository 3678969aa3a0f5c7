"""Opens a stranger's picture in a process of its own. Run by `tasks.photo_decode`; imports nothing of ours.

Decoders of picture formats are C code that has been broken before, and a small file can ask for gigabytes.
So this process has no secrets, may write no file, and has a limit on memory and time; whatever happens to
it, the caller lives. In: the file on stdin, a JSON request as the only argument. Out: one JSON line, then
raw RGB pixels.
"""

import contextlib
import io
import json
import resource
import sys
import warnings
from typing import Any

MEMORY = 768 << 20  # bytes of address space; the largest picture below needs about 490 MB
CPU_SECONDS = 20
# As large as phones make them (48 megapixels, as HEIC or JPEG), and no larger than about 400 MB to open.
MAX_PIXELS = {
    "HEIF": 50_000_000,
    "JPEG": 50_000_000,
    "MPO": 50_000_000,
    "PNG": 40_000_000,
    "WEBP": 25_000_000,
}
MAX_BASELINE_JPEG_PIXELS = 120_000_000  # libjpeg opens these scaled down, in little memory
SMALLEST_SIDE = 256
LONGEST_STRIP = 4.0


class Rejected(Exception):
    """The picture can't be used; the only argument is a code of `tasks.photo_codes`."""


def limit_ourselves() -> None:
    """Give up what a decoder doesn't need, before anything of the file is read."""
    for limit, soft, hard in (
        (resource.RLIMIT_AS, MEMORY, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS, CPU_SECONDS + 1),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # not every system knows every limit
            resource.setrlimit(limit, (soft, hard))


def main() -> None:
    """Answer one request."""
    limit_ourselves()
    request = json.loads(sys.argv[1])
    data = sys.stdin.buffer.read()
    pixels = b""
    try:
        header, pixels = opened(data, request)
    except Rejected as reason:
        header = {"code": str(reason)}
    except ImportError:
        raise  # not the picture's fault
    except MemoryError:
        header = {"code": "decode_too_heavy"}
    except Exception:
        odd = _odd_jpeg(data) if request["format"] == "JPEG" else None
        header = {"code": odd or "unreadable"}
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + pixels)


def opened(data: bytes, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The header and the upright sRGB pixels of the picture in `data`.

    `request`: format; longest (pixels of the longest side at most); crop (left, top, right, bottom as shares
    of the upright picture, or null); turns (by 90 degrees against the clock, before it is cropped); whole
    (whether the picture's own size and shape are judged).
    """
    from PIL import Image, ImageOps  # noqa: PLC0415 - after the limits

    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MAX_BASELINE_JPEG_PIXELS
    image = _open(data, request["format"])
    size = image.size
    _judge_header(image, judge_shape=request["whole"])
    crop = request["crop"]
    _open_scaled_down(image, request["longest"], crop)
    image.load()
    orientation = _orientation(image)
    image = _in_resizable_mode(image)
    if crop:
        image = _cropped(_turned(ImageOps.exif_transpose(image), request["turns"]), crop)
    image.thumbnail((request["longest"], request["longest"]), Image.Resampling.LANCZOS, reducing_gap=3.0)
    with contextlib.suppress(Exception):  # a damaged orientation is no orientation
        image = ImageOps.exif_transpose(image)
    image = _in_srgb(image)
    header = {
        "width": image.width,
        "height": image.height,
        "original_size": size,
        "orientation": orientation,
    }
    return header, image.tobytes()


def _open(data: bytes, kind: str) -> Any:
    from PIL import Image  # noqa: PLC0415

    if kind == "HEIF":
        import pillow_heif  # noqa: PLC0415

        pillow_heif.options.THUMBNAILS = False
        pillow_heif.options.DEPTH_IMAGES = False
        pillow_heif.options.AUX_IMAGES = False
        pillow_heif.options.DECODE_THREADS = 1
        pillow_heif.register_heif_opener()
    try:
        return Image.open(io.BytesIO(data), formats=[kind])
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Rejected("too_many_pixels") from None


def _judge_header(image: Any, *, judge_shape: bool) -> None:
    width, height = image.size
    baseline = image.format in ("JPEG", "MPO") and not image.info.get("progressive")
    if width * height > (MAX_BASELINE_JPEG_PIXELS if baseline else MAX_PIXELS[image.format]):
        raise Rejected("too_many_pixels")
    # A phone's JPEG (MPO) or HEIC may hold a second view or a burst: the first is the photo.
    if image.format in ("PNG", "WEBP") and getattr(image, "is_animated", False):
        raise Rejected("animated")
    if judge_shape and min(width, height) < SMALLEST_SIDE:
        raise Rejected("too_small")
    if judge_shape and max(width, height) > LONGEST_STRIP * min(width, height):
        raise Rejected("too_narrow")


def _open_scaled_down(image: Any, longest: int, crop: list[float] | None) -> None:
    """Let libjpeg decode at 1/2, 1/4 or 1/8 where that is still large enough for the answer."""
    share = max(crop[2] - crop[0], crop[3] - crop[1]) / 2 if crop else 1.0
    scale = min(1.0, longest / max(share, 0.05) / max(image.size))
    if image.width * image.height > MAX_PIXELS["JPEG"]:
        scale = min(scale, 0.5)
    if scale < 1.0:
        image.draft(None, (int(image.width * scale), int(image.height * scale)))


def _in_resizable_mode(image: Any) -> Any:
    """Modes that can't be averaged (palettes, single bits, 16 bits) become modes that can."""
    if image.mode.startswith("I;16"):
        return _keep_notes(image, image.point(lambda value: value * (1 / 257) + 0.5).convert("L"))
    if image.mode in ("P", "PA"):
        see_through = image.mode == "PA" or "transparency" in image.info
        return _keep_notes(image, image.convert("RGBA" if see_through else "RGB"))
    if "transparency" in image.info and image.mode in ("1", "L", "RGB"):
        return _keep_notes(image, image.convert("LA" if image.mode != "RGB" else "RGBA"))
    if image.mode == "1":
        return _keep_notes(image, image.convert("L"))
    if image.mode not in ("L", "LA", "La", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr"):
        raise Rejected("unsupported_colour")
    return image


def _keep_notes(old: Any, new: Any) -> Any:
    new.info.update({name: old.info[name] for name in ("icc_profile", "exif") if name in old.info})
    return new


def _orientation(image: Any) -> int:
    with contextlib.suppress(Exception):
        orientation = image.getexif().get(0x0112, 1)
        if orientation in range(1, 9):
            return int(orientation)
    return 1


def _turned(image: Any, quarters: int) -> Any:
    return image.rotate(90 * quarters, expand=True) if quarters else image


def _cropped(image: Any, crop: list[float]) -> Any:
    left, top, right, bottom = crop
    width, height = image.size
    return image.crop((int(left * width), int(top * height), round(right * width), round(bottom * height)))


def _in_srgb(image: Any) -> Any:
    from PIL import Image  # noqa: PLC0415

    profile = image.info.get("icc_profile")
    if image.mode in ("LA", "La", "RGBa", "RGBA"):
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image).convert("RGB")
    if profile and image.mode in ("RGB", "CMYK", "L"):
        with contextlib.suppress(Exception):  # a damaged profile is no profile
            return _through_profile(image, profile)
    return image.convert("RGB")


def _through_profile(image: Any, profile: bytes) -> Any:
    from PIL import ImageCms  # noqa: PLC0415

    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    expected = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(source.profile.xcolor_space)
    if expected != image.mode:
        return image.convert("RGB")
    return ImageCms.profileToProfile(
        image,
        source,
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )


def _odd_jpeg(data: bytes) -> str | None:
    """Name the JPEGs that no browser shows: lossless, arithmetic, 12 bits, odd numbers of colours."""
    at = 2
    while at + 10 < len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            if marker > 0xC2 or data[at + 4] != 8:
                return "unusual_jpeg"
            return None if data[at + 9] in (1, 3, 4) else "unsupported_colour"
        at += 2 + length
    return None


if __name__ == "__main__":
    main()
