"""The hair behind: what lies behind the neck and beside the face, so that nothing shines through."""

import cv2
import numpy as np

from tasks.arrays import Mask
from tasks.design.geometry import area_of, closed, loops_of
from tasks.design.head.context import HeadContext
from tasks.design.head.hair_color import hair_tones
from tasks.design.head.parts import drawn
from tasks.design.shapes import Material, Shape
from tasks.face_mesh import NOSE_BRIDGE
from tasks.perception.character_sheet import UNIT

OUTLINE = 1.1
TONES = 8.0  # L*, the step between the tones: the back needs no more than its own
NECK = -35.0  # head units: what hangs lower than so far above the chin is long hair
LONG = 200.0  # square head units of it
STRANDS = 9.0  # head units: gaps between strands
SCALP = 20.0  # head units: gaps between hair and forehead
BESIDE = 30.0  # head units: gaps between long hair and face
WIDE = 0.72  # of the face's width: long hair is closed so far from the axis
BEHIND_NECK = 80.0  # head units: long hair on both sides of a neck is one behind it
LOWEST = 34.0  # head units below the chin down to which it is


def hair_back(context: HeadContext) -> list[Shape]:
    """The hair behind head, neck and shoulders, one tone darker than in front."""
    hair = context.worn.hair
    if hair is None:
        return []
    mask = back_mask(context, hair)
    loops = loops_of(mask, blur=1.2, even=5.0, least=60)
    return drawn("hair_back", loops, hair_tones(context, TONES).back, Material.HAIR, outline=OUTLINE)


def back_mask(context: HeadContext, hair: Mask) -> Mask:
    """HxW: the hair with its gaps closed, and behind the neck what hangs down on both sides of it."""
    between = closed(np.maximum(hair, context.face), SCALP)
    mask = np.maximum(closed(hair, STRANDS), between * (context.height_map < context.height_of(NOSE_BRIDGE)))
    low = np.asarray(hair * (context.height_map > NECK), np.float32)
    if area_of(low) < LONG:
        return mask
    beside = closed(np.maximum(hair, context.face), BESIDE)
    beside = beside * (np.abs(context.side_map) < WIDE * context.width) * (context.height_map < 4)
    side = int(BEHIND_NECK * UNIT) | 1
    behind = cv2.copyMakeBorder(
        (low > 0.5).astype(np.uint8), 0, 0, side, side, cv2.BORDER_CONSTANT, value=(0,)
    )
    behind = cv2.morphologyEx(behind, cv2.MORPH_CLOSE, np.ones((1, side), np.uint8))[:, side:-side]
    behind = behind * (context.height_map < LOWEST)
    return np.asarray(np.maximum(np.maximum(mask, beside), behind), np.float32)
