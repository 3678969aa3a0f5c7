"""A person made of a few plain shapes: what the media are tested on."""

from dataclasses import replace

import numpy as np

from tasks.arrays import Points
from tasks.design.shapes import CharacterDesign, Framing, Material, Role, Shape
from tasks.perception.analysis import Lab

LIGHT: Lab = (80.0, 10.0, 17.0)
MEDIUM: Lab = (58.0, 15.0, 24.0)
DARK: Lab = (33.0, 12.0, 16.0)
SKINS = {"light": LIGHT, "medium": MEDIUM, "dark": DARK}
HAIR: Lab = (22.0, 6.0, 9.0)
JUMPER: Lab = (45.0, 30.0, -30.0)


def oval(x: float, y: float, wide: float, tall: float, count: int = 48) -> Points:
    """An ellipse of these radii."""
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.asarray(np.stack([x + wide * np.cos(turn), y + tall * np.sin(turn)], 1), np.float32)


def box(left: float, top: float, right: float, bottom: float) -> Points:
    """A rectangle, its sides in short steps."""
    share = np.linspace(0, 1, 12, endpoint=False)[:, None]
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    sides = [a + (b - a) * share for a, b in zip(corners, np.roll(corners, -1, 0), strict=True)]
    return np.asarray(np.vstack(sides), np.float32)


def a_design(skin: Lab = MEDIUM, framing: Framing = Framing.PORTRAIT) -> CharacterDesign:
    """A person with a round head, a fringe and a jumper; of a full body, with trousers and feet."""
    fill = _fills(skin)
    if framing is Framing.FULL_BODY:
        legs = Shape(
            "trousers",
            (box(-24, 150, -4, 262), box(4, 150, 24, 262)),
            (30, 2, -20),
            Material.CLOTH,
            outline=2,
        )
        feet = Shape("shoes", (oval(-15, 264, 14, 8), oval(15, 264, 14, 8)), (25, 10, 10), Material.CLOTH)
        fill = [legs, feet, *fill]
        return CharacterDesign(tuple(fill), framing, "standing", skin, (75, -8, 12), feet=272.0)
    return CharacterDesign(tuple(fill), framing, "bust", skin, (75, -8, 12))


def _fills(skin: Lab) -> list[Shape]:
    darker = (skin[0] - 12, skin[1] + 3, skin[2])
    jumper_depth = 160.0
    return [
        Shape("hair_back", (oval(0, -62, 52, 60),), HAIR, Material.HAIR, outline=2, shade=5),
        Shape("neck", (box(-17, -20, 17, 40),), skin, Material.SKIN, outline=2),
        Shape("body", (_torso(jumper_depth),), JUMPER, Material.CLOTH, outline=2, shade=8, cast=2),
        Shape("body_stripe", (box(-90, 90, 90, 100),), (85, 0, 0), Material.CLOTH, Role.PATTERN, clip="body"),
        Shape("head", (oval(0, -50, 42, 51),), skin, Material.SKIN, outline=2, shade=4, cast=5),
        Shape("cheek_shade", (oval(34, -30, 12, 22),), darker, Material.SKIN, Role.SHADE, clip="head"),
        Shape(
            "blush",
            (oval(-24, -30, 8, 6), oval(24, -30, 8, 6)),
            (skin[0] - 4, skin[1] + 12, skin[2]),
            Material.SKIN,
            Role.BLUSH,
            clip="head",
            opacity=0.5,
        ),
        Shape("white_right", (oval(-17, -52, 8, 5),), (92, 0, 2), Material.FEATURE, clip="head"),
        Shape("white_left", (oval(17, -52, 8, 5),), (92, 0, 2), Material.FEATURE, clip="head"),
        Shape("iris_right", (oval(-17, -52, 4, 4.5),), (30, 10, 15), Material.FEATURE, clip="white_right"),
        Shape("iris_left", (oval(17, -52, 4, 4.5),), (30, 10, 15), Material.FEATURE, clip="white_left"),
        Shape("brow_right", (oval(-17, -64, 9, 1.6),), HAIR, Material.HAIR, Role.PEN),
        Shape("brow_left", (oval(17, -64, 9, 1.6),), HAIR, Material.HAIR, Role.PEN),
        Shape("mouth", (oval(0, -16, 11, 3),), (45, 30, 14), Material.FEATURE),
        Shape("hair_front", (oval(0, -94, 42, 18),), HAIR, Material.HAIR, outline=2, cast=3),
        Shape("lock", (oval(-14, -98, 4, 14),), (34, 8, 14), Material.HAIR, Role.LIGHT, clip="hair_front"),
    ]


def _torso(depth: float) -> Points:
    knots = [
        (-20, 24),
        (-70, 44),
        (-92, 80),
        (-100, depth + 60),
        (100, depth + 60),
        (92, 80),
        (70, 44),
        (20, 24),
    ]
    return np.asarray(knots, np.float32)


def with_shapes(design: CharacterDesign, *shapes: Shape) -> CharacterDesign:
    """The design with more shapes in front."""
    return replace(design, shapes=(*design.shapes, *shapes))
