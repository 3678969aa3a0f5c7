"""Which of the parser's hair is this person's: what hangs together with the head."""

from dataclasses import dataclass

import numpy as np

from tasks.arrays import BoolMask
from tasks.perception.character_sheet import UNIT, FaceClass
from tasks.perception.pixel_classes import connected_components
from tasks.perception.sheet_traits.head_frame import HeadFrame, dilated

_PERSON = 0.3  # of the matte; strands are thin in it
_NEAR = 14.0  # units from the face's outline within which hair needs no matte
_ROOTS = 19.0  # units from the upper face within which hair grows
_FEWEST = 100  # map pixels


@dataclass(frozen=True)
class Hair:
    """The hair of one head."""

    mask: BoolMask  # HxW
    area: float  # square face heights

    @property
    def any(self) -> bool:
        """Whether there is enough of it to speak of."""
        return self.area >= 0.02


def own_hair(frame: HeadFrame) -> Hair:
    """The hair that grows on this head."""
    hair = frame.is_class(FaceClass.HAIR)
    hair &= (frame.sheet.person > _PERSON) | dilated(frame.face, round(_NEAR * UNIT))
    roots = dilated(frame.face, round(_ROOTS * UNIT)) & (frame.y < -50)
    count, pieces, areas = connected_components(hair)
    rooted = np.bincount(pieces[roots], minlength=count) > _FEWEST
    rooted[0] = False
    mask = np.asarray((rooted & (areas > _FEWEST))[pieces], np.bool_)
    return Hair(mask, float(mask.sum()) / (100 * UNIT) ** 2)
