"""Figures of every style over a folder of photos, and the pass mark that follows. Nothing is stored."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.design.shapes import Framing
from tasks.perception.faces import detect_faces
from tasks.perception.identity import embedding
from tasks.perception.likeness.measure import Likeness, measure_likeness
from tasks.styles.packs import drawn_locally, style_packs
from tests.gallery.people import Person, people

SKIN_GROUPS = ((0.0, 55.0, "dark"), (55.0, 70.0, "medium"), (70.0, 101.0, "light"))  # of the photo's L*


@dataclass(frozen=True)
class Measured:
    """One picture: what the product says of it, and its features."""

    name: str
    photo_lightness: float
    likeness: Likeness
    photo: NDArray[np.float32]  # (128,)
    drawing: NDArray[np.float32] | None


def calibrate(folder: Path, framing: Framing | None) -> int:
    """Draw and measure everybody in `folder`, and print a table."""
    measured: dict[str, list[Measured]] = defaultdict(list)
    for person in people(folder):
        features = embedding(person.photo, detect_faces(person.photo)[0])
        for style in drawn_locally():
            measured[style].append(_measured(person, style, framing, features))
    if not measured:
        print("No photo there could be drawn from.")
        return 1
    for style, found in measured.items():
        _print_style(style, found)
    return 0


def _measured(person: Person, style: str, framing: Framing | None, features: NDArray[np.float32]) -> Measured:
    data = person.drawn(style, framing)
    pack = style_packs()[style]
    found = measure_likeness(
        person.data, data, pack.pass_mark, monochrome=person.analysis.monochrome, sheet=person.sheet
    )
    picture = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    faces = detect_faces(picture)
    drawing = embedding(picture, faces[0]) if faces else None
    return Measured(person.name, person.analysis.colors.skin[0], found, features, drawing)


def _print_style(style: str, found: Sequence[Measured]) -> None:
    whole = [each for each in found if each.drawing is not None]
    print(f"\n{style}: {len(found)} drawings, {len(found) - len(whole)} without a face")
    if whole:
        _print_faces(style, whole)
    _print_attributes(found)
    _print_skin(found)
    _print_warnings(found)


def _print_faces(style: str, found: Sequence[Measured]) -> None:
    cosines = np.array([[float(a.photo @ b.drawing) for b in found if b.drawing is not None] for a in found])
    own = cosines.diagonal()
    others = cosines[~np.eye(len(found), dtype=np.bool_)]
    ranks = [each.likeness.identity_rank for each in found]
    print(f"  face: mean {own.mean():.2f}, 5th percentile {np.percentile(own, 5):.2f}", end="")
    print(f"; strangers' 95th {np.percentile(others, 95):.2f}" if len(others) else "")
    print(f"  nearest of all: {sum(rank == 1 for rank in ranks)} among the decoys, ", end="")
    print(f"{int((cosines.argmax(1) == np.arange(len(found))).sum())} among this folder's drawings")
    mark = suggested_mark(own, others)
    print(f"  pass_mark: {mark:.2f} suggested, {style_packs()[style].pass_mark:.2f} in the pack")


def suggested_mark(own: NDArray[np.floating], others: NDArray[np.floating]) -> float:
    """What nineteen of twenty reach, yet no less than what ninety-nine of a hundred strangers stay below.

    Who does not reach it is alike too where the photo picks it from the line of decoys.
    """
    reached = float(np.percentile(own, 5))
    passed = float(np.percentile(others, 99)) if len(others) else 0.0
    return float(np.floor(max(reached, passed) * 100) / 100)


def _print_attributes(found: Sequence[Measured]) -> None:
    known = sum(each.likeness.attributes_known or 0 for each in found)
    agreeing = sum(each.likeness.attributes_agreeing or 0 for each in found)
    print(f"  looks: {agreeing} of {known} features as in the photo ({agreeing / max(known, 1):.2f})")
    for each in found:
        if each.likeness.attributes_different:
            print(f"    {each.name}: not {', '.join(each.likeness.attributes_different)}")


def _print_skin(found: Sequence[Measured]) -> None:
    for low, high, word in SKIN_GROUPS:
        group = [
            each.likeness
            for each in found
            if low <= each.photo_lightness < high and each.likeness.skin_lightness is not None
        ]
        if not group:
            continue
        lightness = np.array([each.skin_lightness for each in group], np.float64)
        delta_e = np.array([each.skin_delta_e for each in group], np.float64)
        steps = [(each.monk_variant or 0) - (each.monk_photo or 0) for each in group]
        spread = f"{lightness.min():+.1f} to {lightness.max():+.1f}"
        print(
            f"  {word} skin: {len(group)}, L* {lightness.mean():+.1f} ({spread}), ΔE {delta_e.mean():.1f}",
            end="",
        )
        lighter, darker = (sum(sign * step > 0 for step in steps) for sign in (-1, 1))
        print(f"; Monk step same {steps.count(0)}, lighter {lighter}, darker {darker}")


def _print_warnings(found: Sequence[Measured]) -> None:
    warned: dict[str, list[str]] = defaultdict(list)
    for each in found:
        for code in each.likeness.warnings:
            warned[code].append(each.name)
    for code, names in sorted(warned.items()):
        print(f"  {code}: {len(names)} ({', '.join(names)})")
