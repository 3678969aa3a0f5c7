"""How large pictures are as PNG, as lossless WebP and with 256 colors.

`python -m tests.bench.bench_formats FOLDER`: a line for each PNG. "Off by" is the largest difference of a
channel, of 255; CPU seconds are one core's.
"""

import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

WAYS: dict[str, Callable[[Image.Image, io.BytesIO], None]] = {
    "png": lambda picture, out: picture.save(out, "PNG", compress_level=9),
    "webp lossless": lambda picture, out: picture.save(out, "WEBP", lossless=True, method=4, quality=75),
    "png, 256 colors": lambda picture, out: picture.quantize(
        256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
    ).save(out, "PNG", compress_level=9),
}


def main(folder: Path) -> int:
    """Print what each way makes of each picture."""
    for file in sorted(folder.glob("*.png")):
        picture = Image.open(file).convert("RGB")
        told = [f"{name} {_measured(picture, way)}" for name, way in WAYS.items()]
        sys.stdout.write(f"{file.name}: {file.stat().st_size // 1000} kB; {'; '.join(told)}\n")
        sys.stdout.flush()
    return 0


def _measured(picture: Image.Image, way: Callable[[Image.Image, io.BytesIO], None]) -> str:
    began, out = time.process_time(), io.BytesIO()
    way(picture, out)
    took = time.process_time() - began
    again, same = io.BytesIO(), Image.open(out).convert("RGB")
    way(picture, again)
    off = np.abs(np.asarray(same, np.int16) - np.asarray(picture, np.int16)).max()
    twice = "" if again.getvalue() == out.getvalue() else ", other bytes the second time"
    return f"{len(out.getvalue()) // 1000} kB, off by {off}, {took:.1f} s{twice}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
