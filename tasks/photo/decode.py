"""From a stranger's file to plain pixels, with everything dangerous done by a process that may die."""

import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tasks.arrays import RgbBytes
from tasks.errors import DecoderBusy, StorykinError
from tasks.photo.codes import SENTENCES, refusal
from tasks.photo.formats import ends_too_early, photo_format
from tasks.photo.pool import DecoderPool, decoding_work

LONGEST_SIDE = 2048
JPEG_QUALITY = 92
TIMEOUT_SECONDS = 60.0  # on the clock; what a decoder may work is limited by the child itself
MAX_OUTPUT_BYTES = 64 * 1024 * 1024

DECODER_POOL = DecoderPool()
DECODER_PROGRAM = Path(__file__).with_name("sandbox.py")
_INHERITED = ["-B"] if sys.dont_write_bytecode else []  # its variable does not reach the child
_CONTENT_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
    "HEIF": "image/heic",
}

Crop = tuple[float, float, float, float]  # left, top, right, bottom as shares of the upright picture


@dataclass(frozen=True)
class DecodedPhoto:
    """Upright sRGB pixels, without anything else that was in the file."""

    pixels: RgbBytes  # (H, W, 3)
    original_size: tuple[int, int]  # width, height as stored in the file
    orientation: int = 1  # as EXIF counts them: how the stored picture was turned or mirrored to come out so
    notes: tuple[str, ...] = ()  # codes of WARNINGS


def decode_photo(data: bytes, *, crop: Crop | None = None, turns: int = 0) -> DecodedPhoto:
    """The photo's pixels, longest side at most 2048; with `crop`, of that part, in the file's full detail.

    `turns` is how often the photo is turned by 90 degrees against the clock before it is cropped. Raises
    PhotoRefused, or DecoderBusy when other photos are in the way.
    """
    kind = photo_format(data)
    header, pixels = _ask_child(data, kind, {"crop": crop, "turns": turns, "whole": crop is None})
    shaped = np.frombuffer(pixels, np.uint8).reshape(header["height"], header["width"], 3)
    width, height = header["original_size"]
    return DecodedPhoto(shaped, (width, height), header.get("orientation", 1), tuple(header.get("notes", ())))


@dataclass(frozen=True)
class FinishedPicture:
    """A picture that was made for us, as its bytes have it, whatever it was called."""

    content_type: str
    pixels: RgbBytes  # (H, W, 3); scaled down where it is large
    width: int
    height: int
    whole: bool  # no row of it is missing


def finished_picture(data: bytes) -> FinishedPicture:
    """Decode a picture that was paid for, as far as it can be. PhotoRefused, DecoderBusy."""
    kind = photo_format(data, most=MAX_OUTPUT_BYTES)
    header, pixels = _ask_child(data, kind, {"crop": None, "turns": 0, "whole": False})
    shaped = np.frombuffer(pixels, np.uint8).reshape(header["height"], header["width"], 3)
    width, height = header["original_size"]
    whole = "cut_short" not in header.get("notes", ())
    return FinishedPicture(_CONTENT_TYPES[kind], shaped, width, height, whole)


def why_incomplete(data: bytes) -> str:
    """The code for a photo of which too little is there: its end is missing, or it is broken inside."""
    return "truncated" if ends_too_early(data, photo_format(data)) else "corrupt"


def encode_jpeg(pixels: RgbBytes) -> bytes:
    """The pixels as a JPEG without metadata; the same pixels give the same bytes."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=JPEG_QUALITY, subsampling="4:4:4")
    return file.getvalue()


def _ask_child(data: bytes, kind: str, request: dict[str, object]) -> tuple[dict[str, Any], bytes]:
    # A process costs about 0.1 s; against that, a decoder that crashes, hangs or eats memory harms no one.
    whole_request = json.dumps(request | {"format": kind, "longest": LONGEST_SIDE})
    with DECODER_POOL.slot(decoding_work(data, kind)):
        child = _run_child(data, whole_request)
    head, _, pixels = child.stdout.partition(b"\n")
    if child.returncode == 1:  # Python's own way of giving up: no picture does that
        raise StorykinError("Photos can't be opened: the installation is damaged.", code="decoder_broken")
    died = child.returncode != 0 or not head
    header: dict[str, Any] = {"code": _death(child.returncode)} if died else json.loads(head)
    if "code" in header:
        raise refusal(_named(header["code"], data, kind))
    return header, pixels


def _run_child(data: bytes, request: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - our own script, our own argument
            # -P: our own modules, beside the script, must not pass for the standard library's.
            [sys.executable, "-E", "-P", *_INHERITED, str(DECODER_PROGRAM), request],
            input=data,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            env=_bare_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DecoderBusy from None  # it had not even the time that a slow photo gets


def _bare_environment() -> dict[str, str]:
    """No secret of ours reaches the process that opens strangers' files."""
    return {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}


def _death(return_code: int) -> str:
    deaths = {-signal.SIGXCPU: "decode_timeout", -signal.SIGKILL: "decode_too_heavy"}
    return deaths.get(return_code, "unreadable")


def _named(code: str, data: bytes, kind: str) -> str:
    if code in SENTENCES:
        return code
    if ends_too_early(data, kind):
        return "truncated"
    return "heic_unreadable" if kind == "HEIF" else "corrupt"
