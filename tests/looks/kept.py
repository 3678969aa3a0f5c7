"""Small copies of the main screens, kept in the repository, and how far today's screens are from them.

Tolerant on purpose: fonts are drawn a little otherwise on every machine, and some screens tell the time.
A screen differs where blocks of its small copy do on average: a moved word is seen, a hair's breadth not.
"""

from pathlib import Path

import numpy as np
from PIL import Image

FOLDER = Path(__file__).parent / "kept"
WIDTH = 200  # pixels of a small copy
BLOCK = 10  # pixels of it, either way
MARK = 22.0  # of 255, mean over a block's pixels and colors
MOST = 0.03  # of a screen's blocks may be beyond it


def keep(name: str, screenshot: Path) -> None:
    """Make this screenshot the one that later ones are held against."""
    FOLDER.mkdir(exist_ok=True)
    _small(screenshot).save(FOLDER / f"{name}.webp", quality=70)


def differing(name: str, screenshot: Path) -> float | None:
    """The share of blocks, 0 to 1, that differ from what is kept; None where nothing is kept by that name."""
    kept = FOLDER / f"{name}.webp"
    if not kept.exists():
        return None
    now = np.asarray(_small(screenshot), np.float32)
    then = np.asarray(Image.open(kept).convert("RGB"), np.float32)
    if now.shape != then.shape:
        return 1.0
    rows, columns = (length // BLOCK for length in now.shape[:2])
    apart = np.abs(now - then)[: rows * BLOCK, : columns * BLOCK].mean(2)
    blocks = apart.reshape(rows, BLOCK, columns, BLOCK).mean((1, 3))
    return float((blocks > MARK).mean())


def _small(screenshot: Path) -> Image.Image:
    with Image.open(screenshot) as picture:
        height = round(picture.height * WIDTH / picture.width)
        return picture.convert("RGB").resize((WIDTH, height), Image.Resampling.BOX)
