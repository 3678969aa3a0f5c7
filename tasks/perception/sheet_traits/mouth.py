"""Whether the mouth is seen, or a hand, a mask or a microphone hides it; and what the face does."""

import numpy as np

from tasks.face_mesh import LIPS
from tasks.perception.analysis import Reading
from tasks.perception.character_sheet import FaceClass
from tasks.perception.sheet_traits.head_frame import UNKNOWN, HeadFrame, mean_in

# Of the mesh's lips that the parser calls lips or mouth. Seen mouths start at 0.51 (in profile).
# Below the last the color decides, too: the parser draws lips onto fingers.
_HIDDEN, _SHOWN, _SURELY_SHOWN = 0.40, 0.50, 0.70
_RING = 1.5  # times the lips: their surroundings
# Lips are darker or redder than what is around them; a hand or a mask before them is neither.
_LIGHTER, _REDDER = 3.0, 3.0
_TEETH = 14.0  # L*: what is so much lighter is teeth in a beard
_OPEN = 0.12  # of the lips' outline that the parser calls the mouth's inside: nothing lies before it


def _beside_their_ring(frame: HeadFrame) -> tuple[float, float]:
    """How much lighter and how much redder the lips are than what is around them, L* and a*."""
    points = frame.sheet.mesh[LIPS]
    lips = frame.polygon(points) & frame.inside
    ring = frame.polygon(points, _RING) & ~frame.polygon(points, 1.15) & frame.inside
    if not lips.any() or not ring.any():
        return 0.0, 0.0
    inner, outer = (np.median(frame.sheet.lab[mask], axis=0) for mask in (lips, ring))
    return float(inner[0] - outer[0]), float(inner[1] - outer[1])


def read_mouth(frame: HeadFrame) -> Reading:
    """Shown or hidden."""
    lips = frame.polygon(frame.sheet.mesh[LIPS]) & frame.inside
    if lips.sum() < 40:
        return UNKNOWN
    seen = mean_in(frame.sheet.share(FaceClass.MOUTH, FaceClass.UPPER_LIP, FaceClass.LOWER_LIP), lips)
    lighter, redder = _beside_their_ring(frame)
    least = _LIGHTER if seen >= _HIDDEN else -_LIGHTER
    covered = redder < _REDDER and least < lighter < _TEETH
    opened = mean_in(frame.sheet.share(FaceClass.MOUTH), lips) >= _OPEN
    if seen < _SURELY_SHOWN and covered and not opened:
        return Reading("hidden", 0.7)
    return Reading("shown", 0.9) if seen >= _SHOWN else UNKNOWN


def read_expression(frame: HeadFrame, mouth: Reading) -> Reading:
    """What the mesh's mouth does; unknown while the mouth is hidden."""
    return UNKNOWN if mouth.value == "hidden" else frame.sheet.analysis.traits.expression
