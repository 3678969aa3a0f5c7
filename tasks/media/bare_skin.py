"""How bare a designed person is: told by what the shapes show, whatever their colors."""

from tasks.design.shapes import CharacterDesign
from tasks.media.flats import Look, lay_flats
from tasks.media.placement import Placement


def bare_share(design: CharacterDesign, part: tuple[float, float, float, float]) -> float:
    """The share, 0..1, of a rectangle that shows bare skin.

    Args:
        design: The person.
        part: Left, right, top and bottom in head units.
    """
    left, right, top, bottom = part
    placement = Placement(round(right - left), round(bottom - top), 1.0, (-left, -top))
    return float(lay_flats(design, placement, Look()).skin.mean())
