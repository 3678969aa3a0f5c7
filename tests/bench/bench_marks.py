"""How well the watermark is read, how much of it is seen, and what it weighs: 200 pictures in every style.

`python -m tests.bench.bench_marks [--pictures FOLDER] [--people N] [--attack NAME …] [--minutes M]`.
The pictures are of people who don't exist (`tests.gallery.strangers`), portraits and whole figures, and are
kept in the folder if one is named. They leave by turns as PNG, JPEG and WebP.
Needs the local engine's weights.
"""

import argparse
import hashlib
import os
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from tasks.arrays import BgrBytes
from tasks.design.compose import design_character
from tasks.design.shapes import Framing
from tasks.marks.encode import FORMATS, marked_file
from tasks.marks.read_watermark import read
from tasks.marks.watermark import embed
from tasks.media.png import picture_png
from tasks.perception.analyze import analyze
from tasks.perception.measure_sheet import measure_sheet
from tasks.styles.drawing import draw_design
from tasks.styles.packs import drawn_locally
from tests.gallery.decoys import PUBLIC_DOMAIN, SOURCES
from tests.gallery.strangers import Source, source, stranger
from tests.support.copies import ATTACKS, jpeg, resized

KEY = b"a key of the bench"
PEOPLE = 20
BATCH = 10
PALE, EVEN = 200, 1.0  # grey level from which a place is pale, and the texture up to which it is flat
UNMARKED = (lambda each: each, partial(jpeg, quality=75), partial(resized, scale=0.5))


@dataclass
class Measured:
    """Of one picture: which copies were read, and what the mark changed."""

    style: str
    read: dict[str, bool] = field(default_factory=dict)
    wrong: int = 0
    false: list[tuple[float, bool]] = field(default_factory=list)
    psnr: float = 0.0
    pale: float = 0.0  # standard deviation of what was added in pale flat places, grey levels
    growth: float = 0.0  # of the PNG


def drawn(folder: Path, people: int) -> Iterator[Path]:
    """The pictures, drawn where they are not there yet."""
    sources: list[Source] = []
    for number in range(people):
        sheet = None
        for framing in Framing:
            for style in drawn_locally():
                path = folder / f"{number:02}-{framing.value}-{style}.png"
                if not path.exists():
                    sources = sources or [source(_photo(name)) for name in PUBLIC_DOMAIN]
                    sheet = sheet or measure_sheet(analyze(stranger(sources, number)))
                    design = design_character(sheet, framing, number)
                    path.write_bytes(picture_png(draw_design(design, style, number, {}).sheet))
                yield path


def measured(path: Path, attacks: tuple[str, ...], *, unmarked: bool) -> Measured:
    """One picture, marked, after every attack; and without a mark."""
    cv2.setNumThreads(1)
    data = path.read_bytes()
    picture = _pixels(data)
    number = int(hashlib.sha256(data).hexdigest()[:16], 16)
    name = path.stem.split("-", 2)
    out = Measured(name[2])
    kind = FORMATS[(int(name[0]) + len(name[1])) % len(FORMATS)]
    marked = embed(picture, number, KEY)
    out.psnr = cv2.PSNR(picture, marked)
    out.pale = _seen_on_pale(picture, marked)
    as_png = marked_file(data, "image/png", partial(embed, mark_id=number, key=KEY), "")
    out.growth = len(as_png) / len(marked_file(data, "image/png", lambda same: same, ""))
    leaving = _pixels(_encoded(marked, kind))
    for attack in attacks:
        seen = read(ATTACKS[attack](leaving, np.random.default_rng(number)), KEY).mark_id
        out.read[attack] = seen == number
        out.wrong += seen not in (None, number)
    for change in UNMARKED if unmarked else ():
        seen_unmarked = read(change(picture), KEY)
        out.false.append((seen_unmarked.z, seen_unmarked.mark_id is not None))
    return out


def _seen_on_pale(picture: BgrBytes, marked: BgrBytes) -> float:
    gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    fine = gray - cv2.GaussianBlur(gray, (0, 0), 2)
    even = np.sqrt(cv2.GaussianBlur(fine * fine, (0, 0), 4)) < EVEN
    where = even & (gray > PALE)
    added = cv2.cvtColor(marked, cv2.COLOR_BGR2GRAY).astype(np.float32) - gray
    return float(added[where].std()) if where.any() else 0.0


def _encoded(pixels: BgrBytes, content_type: str) -> bytes:
    """As a provider's file of this type would be given out: encoded twice where that loses something."""
    suffix, *option = _BEST[content_type]
    data = cv2.imencode(str(suffix), pixels, [int(each) for each in option])[1].tobytes()
    return marked_file(data, content_type, lambda same: same, "")


_BEST = {
    "image/png": (".png", cv2.IMWRITE_PNG_COMPRESSION, 4),
    "image/jpeg": (".jpg", cv2.IMWRITE_JPEG_QUALITY, 100),
    "image/webp": (".webp", cv2.IMWRITE_WEBP_QUALITY, 101),
}


def _pixels(data: bytes) -> BgrBytes:
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    return np.asarray(found, np.uint8)


def _photo(name: str) -> BgrBytes:
    return _pixels((SOURCES / name).read_bytes())


def report(found: list[Measured]) -> int:
    """Print the figures; 1 where a wrong number was read, or one where none is."""
    styles = sorted({each.style for each in found})
    print(f"{len(found)} pictures; read, by style: {', '.join(styles)}")
    for attack in found[0].read:
        right = [each.read[attack] for each in found]
        by_style = "  ".join(
            f"{sum(each.read[attack] for each in found if each.style == style)}"
            f"/{sum(each.style == style for each in found)}"
            for style in styles
        )
        print(f"{attack:30}{sum(right):5} of {len(right)}   {by_style}")
    by: dict[str, list[Measured]] = defaultdict(list)
    for each in found:
        by[each.style].append(each)
    for style, of in sorted(by.items()):
        print(
            f"{style:16} PSNR {np.mean([each.psnr for each in of]):5.1f} dB, "
            f"added on pale flats {np.mean([each.pale for each in of]):.2f} grey levels, "
            f"PNG x{np.mean([each.growth for each in of]):.2f}"
        )
    false = [one for each in found for one in each.false]
    wrong = sum(each.wrong for each in found)
    ids = sum(one[1] for one in false)
    print(f"wrong numbers: {wrong} of {sum(len(each.read) for each in found)} reads of marked copies")
    if false:
        z = sorted(one[0] for one in false)
        print(f"numbers where none is: {ids} of {len(false)}; highest z {z[-1]:.1f}")
    return int(bool(wrong or ids))


def _in_time(work: Callable[[Path], Measured], paths: Sequence[Path], until: float) -> list[Measured]:
    """What could be measured until then."""
    found: list[Measured] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for at in range(0, len(paths), BATCH):
            found += pool.map(work, paths[at : at + BATCH])
            if time.monotonic() > until:
                break
    return found


def main() -> int:
    """Draw, mark, attack, read, report."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bench_marks", description=__doc__)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--attack", action="append", choices=list(ATTACKS))
    parser.add_argument("--marked-only", action="store_true", help="leave out the reads of unmarked pictures")
    parser.add_argument("--minutes", type=float, default=60.0, help="report what was measured until then")
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.pictures or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        paths = list(drawn(folder, asked.people))
        work = partial(measured, attacks=tuple(asked.attack or ATTACKS), unmarked=not asked.marked_only)
        random.Random(1).shuffle(paths)  # whatever is measured in time is of every kind
        found = _in_time(work, paths, began + 60 * asked.minutes)
    failed = report(found)
    print(f"{time.monotonic() - began:.0f} s")
    return failed


if __name__ == "__main__":
    sys.exit(main())
