"""All the words of a sheet."""

from tasks.perception.analysis import Reading
from tasks.perception.character_sheet import CharacterSheet, SheetTraits
from tasks.perception.sheet_traits.age import BABY, read_age
from tasks.perception.sheet_traits.eyewear import read_glasses
from tasks.perception.sheet_traits.facial_hair import read_facial_hair
from tasks.perception.sheet_traits.hair_mask import own_hair
from tasks.perception.sheet_traits.hair_shape import read_fringe, read_hairline, read_length
from tasks.perception.sheet_traits.hair_texture import read_texture
from tasks.perception.sheet_traits.head_frame import UNKNOWN, head_frame
from tasks.perception.sheet_traits.headwear import read_headwear
from tasks.perception.sheet_traits.mouth import read_expression, read_mouth
from tasks.perception.sheet_traits.neckline import read_garment, read_neckline
from tasks.perception.sheet_traits.pattern import read_pattern
from tasks.perception.sheet_traits.rims import read_rims
from tasks.perception.sheet_traits.sleeves import read_sleeves
from tasks.perception.weights.installed import is_left_out
from tasks.perception.weights.manifest import FACE_PARSER

_LITTLE = (BABY, "toddler")  # their first hair is too fine to be seen
_FALLS = ("chin-length", "shoulder-length", "long")
_MUCH_HAIR = 1.0  # square face heights: it falls, wherever the photo cuts it


def read_traits(sheet: CharacterSheet) -> SheetTraits:
    """The words for what a sheet shows; `sheet.traits` is not looked at.

    Garment, neckline and sleeves are said in the plainest cases alone: the parser calls bare arms and open
    necks cloth too often.

    Without the parser's weights headwear and a hidden mouth are unknown. Raises `ModelsMissing`.
    """
    frame, parsed = head_frame(sheet), not is_left_out(FACE_PARSER)
    headwear = read_headwear(frame) if parsed else UNKNOWN
    glasses = read_glasses(frame) if parsed else sheet.analysis.traits.glasses
    mouth = read_mouth(frame) if parsed else UNKNOWN
    covered = headwear.value not in (None, "none")
    hair = own_hair(frame)
    length = read_length(frame, hair, covered=covered)
    age = read_age(frame, length)
    garment, collar = read_garment(frame)
    if length.value == "bald or shaved" and age.value in _LITTLE:
        length = Reading("very short", 0.5)
    return SheetTraits(
        hair_texture=read_texture(frame, hair, long_enough=length.value in _FALLS or hair.area > _MUCH_HAIR),
        hair_length=length,
        hairline=read_hairline(frame, hair, covered=covered),
        fringe=read_fringe(frame, hair, covered=covered),
        headwear=headwear,
        glasses=glasses,
        rims=read_rims(frame, glasses),
        facial_hair=read_facial_hair(frame, age, mouth),
        garment=garment,
        neckline=collar if collar.value else read_neckline(frame, covered=covered),
        sleeves=read_sleeves(frame),
        pattern=read_pattern(frame),
        age_band=age,
        expression=read_expression(frame, mouth),
        mouth=mouth,
    )
