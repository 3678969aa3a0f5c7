"""What a character design is made of: named closed shapes in layers, with no pixel in sight.

Head units: 1 unit is a hundredth of the face's height (mesh points 10 to 152); the chin (mesh point 152) is
at (0, 0), x points right and y down in the picture. A head with its hair is about 130 units tall.
"""

from dataclasses import dataclass
from enum import StrEnum

from tasks.arrays import Points
from tasks.perception.analysis import Lab


class Material(StrEnum):
    """What a shape shows; a medium may treat each in its own way."""

    SKIN = "skin"
    HAIR = "hair"
    CLOTH = "cloth"
    HEADWEAR = "headwear"
    FEATURE = "feature"  # eyes, lips, teeth, nostrils
    GLASS = "glass"  # lenses and rims
    PROP = "prop"  # what is held: a book


class Role(StrEnum):
    """What a shape does in its layer."""

    FILL = "fill"  # the local color of a part: other shapes may be clipped to it, and it may have an outline
    SHADE = "shade"  # a darker tone within a part: light falls from the upper left
    LIGHT = "light"  # a lighter tone within a part
    PEN = "pen"  # a drawn line, itself a closed tapered shape
    PATTERN = "pattern"  # another color of the cloth, within a part
    BLUSH = "blush"  # color without an edge, on skin


@dataclass(frozen=True)
class Shape:
    """Some closed loops of one color.

    Back to front, the shapes of a design are in the order in which they are painted.
    """

    name: str  # what it is: "hair_back", "brow_right", "sleeve_left"; several shapes may share a name
    loops: tuple[Points, ...]  # each (N, 2) in head units, closed; even-odd where they overlap
    lab: Lab
    material: Material
    role: Role = Role.FILL
    clip: str | None = None  # stays inside the FILL shapes of this name that were painted before
    opacity: float = 1.0
    outline: float = 0.0  # width of the pen around it, for media with outlines; 0 has none
    shade: float = 0.0  # width of the shaded crescent on the side away from the light
    cast: float = 0.0  # how far its shadow falls on what was painted before
    seam: tuple[Points, float] | None = (
        None  # around this point, within this radius: no outline, shade or cast
    )


class Framing(StrEnum):
    """How much of the person a picture shows. The values are part of orders and work keys."""

    PORTRAIT = "portrait"
    FULL_BODY = "full_body"


@dataclass(frozen=True)
class CharacterDesign:
    """One person, designed: the same for all five media."""

    shapes: tuple[Shape, ...]  # back to front
    framing: Framing
    pose: str  # "bust", or one of the poses of the body
    skin: Lab  # the lit skin of the face as designed; the body's is the same
    accent: Lab  # a color that suits the clothes, for what surrounds the person
    feet: float | None = None  # y of the ground in head units; None where no feet are shown
