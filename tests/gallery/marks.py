"""How well the watermark is read: a folder's pictures, marked, after what happens to pictures out there."""

import hashlib
from pathlib import Path

import cv2
import numpy as np

from tasks.arrays import BgrBytes
from tasks.marks.read_watermark import read
from tasks.marks.watermark import embed
from tests.support.copies import ATTACKS

KEY = b"a key of the gallery"


def measure_marks(folder: Path) -> int:
    """Print how many pictures' numbers are read after each attack, and where none is."""
    found = dict.fromkeys(ATTACKS, 0)
    wrong = unmarked = pictures = 0
    for path in sorted(folder.rglob("*.png")):
        pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if pixels is None:
            continue
        picture: BgrBytes = np.asarray(pixels, np.uint8)
        number = int(hashlib.sha256(path.read_bytes()).hexdigest()[:16], 16)
        pictures += 1
        marked = embed(picture, number, KEY)
        for name, attack in ATTACKS.items():
            seen = read(attack(marked, np.random.default_rng(number)), KEY).mark_id
            found[name] += seen == number
            wrong += seen not in (None, number)
        unmarked += read(picture, KEY).mark_id is not None
    for name, count in found.items():
        print(f"{name:28}{count:5} of {pictures}")
    print(f"{'wrong number':28}{wrong:5} of {pictures * len(ATTACKS)}")
    print(f"{'number where none is':28}{unmarked:5} of {pictures}")
    return 0
