"""The head itself: face, crown and chin in one closed shape that runs on under hair and hat."""

import numpy as np

from tasks.arrays import Mask
from tasks.design.geometry import closed, grown, loops_of, shrunk
from tasks.design.head.context import HeadContext
from tasks.design.head.parts import drawn
from tasks.design.shapes import Shape
from tasks.face_mesh import NOSE_BRIDGE
from tasks.perception.character_sheet import FaceClass

NAME = "head"  # face tones and features are clipped to it

_OUTLINE = 1.1
_GAP = 26.0  # between the face and what is worn, as far as it is skin
_UNDER = 3.0  # by how much hair and hat stand out over the skull, both sides together
_TEMPLES = 14.0  # how far the skull may reach beyond the mesh's face, both sides together
_SPUR = 26.0  # what is narrower is no part of a skull


def head(context: HeadContext) -> list[Shape]:
    """The skin of the head, in its lit color."""
    mask = head_mask(context)
    return drawn(NAME, loops_of(mask, blur=1.0, even=4.0, least=400)[:1], context.skin, outline=_OUTLINE)


def head_mask(context: HeadContext) -> Mask:
    """The face with its skull, HxW. Where the photo ends above the eyes, the skull is completed."""
    sheet = context.sheet
    upper = context.height_map < context.height_of(NOSE_BRIDGE)
    worn = np.maximum(sheet.share(FaceClass.HAIR), sheet.share(FaceClass.HAT))
    worn = np.maximum(worn, 1 - sheet.inside)  # what the photo cuts off may be hair too
    room = np.maximum(context.cranium, grown(context.oval, _TEMPLES) * upper)
    under = shrunk(closed(np.maximum(context.face, worn), _GAP), _UNDER) * room
    whole = np.maximum(context.face, under) > 0.5
    return grown(shrunk(whole, _SPUR), _SPUR)
