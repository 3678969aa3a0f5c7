"""All the words of a sheet."""

from tasks.perception.analysis import Reading, Traits
from tasks.perception.character_sheet import CharacterSheet, SheetTraits


def read_traits(sheet: CharacterSheet) -> SheetTraits:
    """The words for what a sheet shows; `sheet.traits` is not looked at."""
    known: Traits = sheet.analysis.traits
    return SheetTraits(
        hair_length=known.hair_length,
        glasses=known.glasses if known.glasses.value else Reading(),
        facial_hair=known.facial_hair,
        age_band=known.age_band,
        expression=known.expression,
    )
