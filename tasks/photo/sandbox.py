"""Opens a stranger's picture in a process of its own. Run by `tasks.photo.decode`.

Decoders of picture formats are C code that has been broken before, and a small file can ask for gigabytes.
So this process has no secrets, may write no file, and has a limit on memory and time; whatever happens to
it, the caller lives. In: the file on stdin, a JSON request as the only argument. Out: one JSON line, then
raw RGB pixels. Of our own modules it imports `tasks.photo.decoder` alone.
"""

import contextlib
import io
import json
import resource
import sys
import warnings
from pathlib import Path
from typing import Any

# Last in the list, so that nothing of ours can pass for a module of somebody else.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from tasks.photo.decoder.jpeg import odd_jpeg
from tasks.photo.decoder.orientation import is_adobe_rgb, orientation
from tasks.photo.decoder.packed import Packed, Rejected
from tasks.photo.decoder.png import mended_png
from tasks.photo.decoder.unpack import MAX_PIXELS, unpacked

MEMORY = 768 << 20  # bytes of address space; the largest picture below needs about 490 MB
CPU_SECONDS = 20
MAX_BASELINE_JPEG_PIXELS = 120_000_000  # libjpeg opens these scaled down, in little memory
SMALLEST_SIDE = 128  # pixels; whether the face in it is large enough is judged by the face
LONGEST_STRIP = 4.0
_UPRIGHT = {  # EXIF orientation -> name of the transposition that undoes it
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}


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
        odd = odd_jpeg(data) if request["format"] == "JPEG" else None
        header = {"code": odd or "unreadable"}
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + pixels)


def opened(data: bytes, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The header and the upright sRGB pixels of the picture in `data`.

    `request`: format; longest (pixels of the longest side at most); crop (left, top, right, bottom as shares
    of the upright picture, or null); turns (by 90 degrees against the clock, before it is cropped); whole
    (whether the picture's own size and shape are judged).
    """
    from PIL import Image  # noqa: PLC0415 - after the limits

    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MAX_BASELINE_JPEG_PIXELS
    packed = unpacked(data, request["format"])
    image, size = _loaded(data, packed, request)
    crop, held = request["crop"], _orientation_of(image, packed, request["format"])
    if crop:
        image = _cropped(_turned(_upright(image, held), request["turns"]), crop)
    image.thumbnail((request["longest"], request["longest"]), Image.Resampling.LANCZOS, reducing_gap=3.0)
    image = _in_srgb(image if crop else _upright(image, held), packed)
    header = {
        "width": image.width,
        "height": image.height,
        "original_size": size,
        "orientation": held,
        "notes": packed.notes,
    }
    return header, image.tobytes()


def _loaded(data: bytes, packed: Packed, request: dict[str, Any]) -> tuple[Any, tuple[int, int]]:
    """The decoded picture as far as it is in the file, in a mode that can be averaged, and its full size."""
    kind = request["format"]
    try:
        image, size = _decoded(packed.data, request)
    except (Rejected, MemoryError):
        raise
    except Exception:
        if kind == "PNG" and mended_png(data, packed):
            image, size = _decoded(packed.data, request)
        else:
            raise
    if packed.bgr:
        image = _blue_last(image)
    packed.icc = packed.icc or _profile_of(image, kind)
    if not packed.others and packed.rows is None:
        return image, size
    from tasks.photo.decoder.missing import what_is_there  # noqa: PLC0415 - numpy is slow to import

    other = None
    for each in packed.others:
        with contextlib.suppress(Exception):
            other = _decoded(each, request)[0]
            break
    if packed.rows is not None:
        packed.rows = packed.rows * image.height // size[1]
    there = what_is_there(image, other, packed)
    return there, (size[0], round(size[1] * there.height / image.height))


def _blue_last(image: Any) -> Any:
    from PIL import Image  # noqa: PLC0415

    blue, green, red, *alpha = image.split()
    return Image.merge(image.mode, (red, green, blue, *alpha))


def _decoded(data: bytes, request: dict[str, Any]) -> tuple[Any, tuple[int, int]]:
    image = _open(data, request["format"])
    size = image.size
    _judge_header(image, request["format"], judge_shape=request["whole"])
    _open_scaled_down(image, request["longest"], request["crop"])
    image.load()
    return _in_resizable_mode(image), size


def _open(data: bytes, kind: str) -> Any:
    from PIL import Image  # noqa: PLC0415

    if kind == "HEIF":
        import pillow_heif  # noqa: PLC0415

        pillow_heif.options.THUMBNAILS = False
        pillow_heif.options.DEPTH_IMAGES = False
        pillow_heif.options.AUX_IMAGES = False
        pillow_heif.options.DECODE_THREADS = 1
        pillow_heif.register_heif_opener()
    if kind == "AVIF":
        from PIL import AvifImagePlugin  # noqa: PLC0415

        AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    try:
        return Image.open(io.BytesIO(data), formats=[kind])
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Rejected("too_many_pixels") from None


def _judge_header(image: Any, kind: str, *, judge_shape: bool) -> None:
    width, height = image.size
    baseline = kind == "JPEG" and not image.info.get("progressive")
    if width * height > (MAX_BASELINE_JPEG_PIXELS if baseline else MAX_PIXELS[kind]):
        raise Rejected("too_many_pixels")
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
        return image.point(lambda value: value * (1 / 257) + 0.5).convert("L")
    if image.mode in ("P", "PA"):
        see_through = image.mode == "PA" or "transparency" in image.info
        return image.convert("RGBA" if see_through else "RGB")
    if "transparency" in image.info and image.mode in ("1", "L", "RGB"):
        return image.convert("LA" if image.mode != "RGB" else "RGBA")
    if image.mode == "1":
        return image.convert("L")
    if image.mode not in ("L", "LA", "La", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr"):
        raise Rejected("unsupported_colour")
    return image


def _orientation_of(image: Any, packed: Packed, kind: str) -> int:
    """How the picture is held. HEIC's own turns are undone by its decoder; AVIF's come as if from EXIF."""
    if kind == "HEIF":
        return 1
    if kind == "AVIF":
        return int(image.getexif().get(0x0112, 1))
    return orientation(packed)


def _profile_of(image: Any, kind: str) -> bytes | None:
    return image.info.get("icc_profile") if kind in ("HEIF", "AVIF") else None


def _upright(image: Any, held: int) -> Any:
    from PIL import Image  # noqa: PLC0415

    name = _UPRIGHT.get(held)
    return image.transpose(Image.Transpose[name]) if name else image


def _turned(image: Any, quarters: int) -> Any:
    return image.rotate(90 * quarters, expand=True) if quarters else image


def _cropped(image: Any, crop: list[float]) -> Any:
    left, top, right, bottom = crop
    width, height = image.size
    return image.crop((int(left * width), int(top * height), round(right * width), round(bottom * height)))


def _in_srgb(image: Any, packed: Packed) -> Any:
    alpha = None
    if image.mode in ("LA", "La", "RGBa", "RGBA"):
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
    converted = _by_numbers(image, packed)
    if converted is not None:
        return _on_paper(converted, alpha)
    if alpha is not None:
        image = _on_paper(image, alpha)
    if packed.icc and image.mode in ("RGB", "CMYK", "L"):
        with contextlib.suppress(Exception):  # a damaged profile is no profile
            return _through_profile(image, packed.icc)
    if image.mode == "CMYK":
        packed.notes.append("print_colours")
    return image.convert("RGB")


def _on_paper(image: Any, alpha: Any) -> Any:
    from PIL import Image  # noqa: PLC0415

    if alpha is None:
        return image
    image = image.convert("RGBA")
    image.putalpha(alpha)
    paper = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(paper, image).convert("RGB")


def _by_numbers(image: Any, packed: Packed) -> Any:
    """The picture in sRGB where the file says its colors in numbers; None where it doesn't."""
    adobe = packed.icc is None and image.mode in ("RGB", "RGBA") and is_adobe_rgb(packed.exif)
    hdr_profile = packed.icc is not None and b"cicp" in packed.icc
    said = packed.gamma is not None or packed.chromaticities is not None
    if not (adobe or hdr_profile or said or (packed.cicp is not None and packed.icc is None)):
        return None
    import numpy as np  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    from tasks.photo.decoder.color import adobe_rgb, cicp_of_profile, converter  # noqa: PLC0415

    if packed.icc is not None:
        packed.cicp = cicp_of_profile(packed.icc)
        if packed.cicp is None:
            return None
    convert = converter(packed) or (adobe_rgb() if adobe else None)
    return Image.fromarray(convert(np.asarray(image.convert("RGB")))) if convert else None


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


if __name__ == "__main__":
    main()
