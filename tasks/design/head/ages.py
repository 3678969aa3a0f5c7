"""How a face's age changes the way it is drawn."""

from dataclasses import dataclass

_BANDS = {  # years at the middle of each band of tasks.perception.character_sheet.SheetTraits.age_band
    "baby": 1.0,
    "toddler": 2.5,
    "child": 7.0,
    "teen": 15.0,
    "young adult": 24.0,
    "adult": 42.0,
    "older adult": 68.0,
}


@dataclass(frozen=True)
class Age:
    """An age in years, and what the pen makes of it."""

    years: float

    @property
    def small(self) -> bool:
        """A child: rounder eyes, soft pens, no folds."""
        return self.years < 12

    @property
    def young(self) -> bool:
        """A child or teenager: no shapes on the cheeks and the forehead that could be taken for folds."""
        return self.years < 18

    @property
    def old(self) -> bool:
        """Folds belong to the person and are kept."""
        return self.years > 55

    @property
    def pen(self) -> float:
        """The weight of lines on the skin, as a share of an adult's: 0.5 for babies to 1."""
        return min(1.0, 0.5 + self.years / 36)


def age_of_band(band: str | None) -> Age:
    """The age that a band stands for; an unknown one is drawn as a young adult, who has neither sign."""
    return Age(_BANDS.get(band or "", _BANDS["young adult"]))
