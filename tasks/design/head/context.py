"""What all parts of a head are designed from: the sheet, and what follows from it for more than one part."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from tasks.arrays import BoolMask, Mask, Plane, Points
from tasks.design.geometry import (
    area_of,
    as_points,
    closed,
    ellipse,
    fill,
    grown,
    shrunk,
    spline,
)
from tasks.design.head.ages import Age, age_of_band
from tasks.design.head.worn import Worn, measure_worn
from tasks.face_mesh import CHIN, FOREHEAD, LEFT_CHEEK, NOSE_BRIDGE, OVAL, RIGHT_CHEEK
from tasks.face_mesh import LIPS as LIPS_OUTLINE
from tasks.perception.analysis import Lab, Reading
from tasks.perception.character_sheet import CharacterSheet, FaceClass, unit_grid

SURE = 0.6  # from this confidence on, a reading is drawn
TURNED = 0.3  # |yaw| from which the far side of the face is drawn as such
PROFILE = 0.72  # |yaw| from which the mesh's far side is invented: the parser's outline is drawn instead

BARE = (FaceClass.SKIN, FaceClass.NOSE)
BROWS = (FaceClass.RIGHT_BROW, FaceClass.LEFT_BROW)
EYES = (FaceClass.RIGHT_EYE, FaceClass.LEFT_EYE)
LIPS = (FaceClass.UPPER_LIP, FaceClass.LOWER_LIP)
MOUTH = (FaceClass.MOUTH, *LIPS)
FEATURES = (*BROWS, *EYES, FaceClass.GLASSES, *MOUTH)
FACE = (*BARE, *FEATURES)

_MOUTH_OPEN = 0.05  # of the lips' outline: where teeth are seen, nothing lies before the mouth
_LIPS_SHOWN = 0.35  # of the mesh's mouth that the parser sees as one
_MOST_CHROMA = 33.0  # of skin in even light
_LEAST_RED = 0.45  # a* over b*
_LEAST_YELLOW = 0.8  # b* over a*

_SKULL_WIDTH = 0.54  # half of the skull over the width between the cheeks
_ENOUGH = 0.4  # of the mesh's face is seen by the parser: less is no outline to draw from
_BEHIND = 0.24  # of the width: how far a skull in profile lies behind its face
_CROWN = 23.0  # head units from the mesh's forehead to the crown
_CROWN_SMALL = 27.0  # of small children


@dataclass(frozen=True)
class HeadContext:
    """One head. Points and lengths in head units, masks as the sheet's maps; all of it read-only."""

    sheet: CharacterSheet
    seed: int

    @property
    def mesh(self) -> Points:
        """468x2."""
        return self.sheet.mesh

    @cached_property
    def skin(self) -> Lab:
        """The lit skin of the face: what `head` is filled with, and all skin of the body.

        As measured; the color of a lamp or of a bad camera is kept from making it orange, gray or purple.
        """
        lightness, a, b = self.sheet.colors.skin
        pale = min(1.0, _MOST_CHROMA / max(float(np.hypot(a, b)), 1.0))
        a, b = a * pale, b * pale
        a = max(a, _LEAST_RED * b)
        return lightness, a, max(b, _LEAST_YELLOW * a)

    def tone_exact(self, lightness: float, a: float = 0.0, b: float = 0.0) -> Lab:
        """A tone relative to the skin in plain L*, a*, b*: for what was measured on this skin."""
        return float(np.clip(self.skin[0] + lightness, 4, 97)), self.skin[1] + a, self.skin[2] + b

    def tone(self, lightness: float, a: float = 0.0, b: float = 0.0) -> Lab:
        """A tone relative to the skin, in L*, a*, b* of a skin of L* 70.

        Dark skin gets smaller steps: the same shadow takes the same share of the light away.
        """
        own = self.skin[0] / 70
        step, color = max(0.55, min(1.0, own)), max(0.6, min(1.0, own))
        return (
            float(np.clip(self.skin[0] + lightness * step, 4, 97)),
            self.skin[1] + a * color,
            self.skin[2] + b * color,
        )

    @cached_property
    def age(self) -> Age:
        """As the sheet has it."""
        return age_of_band(self.sheet.traits.age_band.value)

    def seen(self, reading: Reading, *values: str) -> bool:
        """Whether a trait is surely one of these words."""
        return reading.value in values and reading.confidence >= SURE

    @property
    def dark_lenses(self) -> bool:
        """Sunglasses: what lies behind them is not drawn."""
        return self.seen(self.sheet.traits.glasses, "sunglasses")

    @cached_property
    def mouth_hidden(self) -> bool:
        """A hand before the mouth: none is drawn. Where no word says so, the parser sees no lips in skin."""
        if self.sheet.traits.mouth.value is not None:
            return self.seen(self.sheet.traits.mouth, "hidden")
        lips = fill(spline(self.mesh[LIPS_OUTLINE]))
        around = (grown(lips, 4.4) > 0.5) & (grown(lips, 1.9) < 0.5)
        size = max(float(lips.sum()), 1.0)
        shown = float((self.sheet.share(*MOUTH) * lips).sum()) / size
        opened = float((self.sheet.share(FaceClass.MOUTH) * lips).sum()) / size
        skin = float(self.sheet.skin[around].mean()) if around.any() else 0.0
        covered = shown < _LIPS_SHOWN and opened < _MOUTH_OPEN
        return covered and skin > 0.5 and abs(self.sheet.yaw) < PROFILE

    # ---- the face's own axes ---------------------------------------------------------------------------
    @cached_property
    def down(self) -> Points:
        """(2,), the unit vector from the forehead to the chin."""
        axis = self.mesh[CHIN] - self.mesh[FOREHEAD]
        return np.asarray(axis / np.linalg.norm(axis), np.float32)

    @cached_property
    def across(self) -> Points:
        """(2,), the unit vector across the face, to the right in the picture."""
        return np.array([self.down[1], -self.down[0]], np.float32)

    @cached_property
    def middle(self) -> Points:
        """(2,), on the face's axis between the eyes, half way between the cheeks."""
        cheeks = (self.mesh[RIGHT_CHEEK] + self.mesh[LEFT_CHEEK]) / 2
        bridge = self.mesh[NOSE_BRIDGE]
        return np.asarray(bridge + ((cheeks - bridge) @ self.across) * self.across, np.float32)

    @cached_property
    def width(self) -> float:
        """Of the face, cheek to cheek, as if it were not turned away too far: at least 72."""
        return max(72.0, float(np.linalg.norm(self.mesh[RIGHT_CHEEK] - self.mesh[LEFT_CHEEK])))

    @cached_property
    def height_map(self) -> Plane:
        """HxW, how far below the chin along the face's axis; negative above, about -100 at the forehead."""
        x, y = unit_grid()
        chin = self.mesh[CHIN]
        return np.asarray((x - chin[0]) * self.down[0] + (y - chin[1]) * self.down[1], np.float32)

    @cached_property
    def side_map(self) -> Plane:
        """HxW, how far from the face's axis; negative to the left in the picture."""
        x, y = unit_grid()
        middle = self.middle
        return np.asarray((x - middle[0]) * self.across[0] + (y - middle[1]) * self.across[1], np.float32)

    def height_of(self, point: Points | int) -> float:
        """The same height of one point, or of one point of the mesh."""
        at = self.mesh[point] if isinstance(point, int) else point
        return float((at - self.mesh[CHIN]) @ self.down)

    def placed(self, local: ArrayLike) -> Points:
        """(N, 2), how far from the axis and how far below the chin -> head units."""
        p = as_points(local)
        side = p[:, :1] + self.middle @ self.across
        return as_points(side * self.across + (p[:, 1:] + self.mesh[CHIN] @ self.down) * self.down)

    # ---- masks -----------------------------------------------------------------------------------------
    @cached_property
    def outline(self) -> Points:
        """The mesh's outline of the face as a loop."""
        return spline(self.mesh[OVAL])

    @cached_property
    def oval(self) -> Mask:
        """The inside of `outline`."""
        return fill(self.outline)

    @cached_property
    def cranium(self) -> Mask:
        """Where a skull is above the eyes, whatever hides it."""
        reach = self.height_of(NOSE_BRIDGE) - self.height_of(FOREHEAD)
        crown = _CROWN_SMALL if self.age.small else _CROWN
        behind = _BEHIND * self.width * np.sign(self.sheet.yaw) * (abs(self.sheet.yaw) > PROFILE)
        whole = ellipse(
            self.middle - behind * self.across,
            _SKULL_WIDTH * self.width,
            reach + crown,
            angle=float(np.arctan2(self.across[1], self.across[0])),
            count=72,
        )
        return fill(whole) * (self.height_map < self.height_of(NOSE_BRIDGE))

    @cached_property
    def face(self) -> Mask:
        """The skin of the head that is seen, features included, ears and neck not: a bald crown, no hair."""
        room = np.maximum(grown(self.oval, 8), self.cranium)
        seen = (self.sheet.share(*FACE) > 0.5) * room
        if abs(self.sheet.yaw) > PROFILE and area_of(seen) > _ENOUGH * area_of(self.oval):
            return closed(seen, 8)
        return np.asarray(np.maximum(seen, shrunk(self.oval, 2)), np.float32)

    @cached_property
    def bare(self) -> BoolMask:
        """Skin of the face with nothing on it and near no edge: what the face's light is read from."""
        features = grown(self.sheet.share(*FEATURES), 3.5)
        inner = shrunk(self.sheet.share(*BARE) + features > 0.7, 4.4) > 0.5
        core = inner & (self.sheet.share(*BARE) > 0.8) & (features < 0.35) & (self.oval > 0.9)
        core &= self.sheet.inside > 0.5
        return core if core.sum() > 200 else (self.oval > 0.9) & (self.sheet.inside > 0.5)

    @cached_property
    def worn(self) -> Worn:
        """This person's own hair and headwear."""
        return measure_worn(self)
