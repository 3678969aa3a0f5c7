"""Estimates, as a page says them."""

from dataclasses import dataclass

from tasks.amounts import about_dollars
from ui.views.words import count_words


@dataclass(frozen=True)
class Estimate:
    """About what `pictures` pictures cost, with the look at the photo where that is paid too.

    `problem` says why a run like this would be refused before it spends, or what it would leave out; "" if
    neither.
    """

    microusd: int
    pictures: int
    pictures_charged: bool
    vision_charged: bool
    problem: str = ""
    photos: int = 1

    @property
    def free(self) -> bool:
        """Whether neither the pictures nor the look at the photo costs anything."""
        return not (self.pictures_charged or self.vision_charged)


def estimate_words(estimate: Estimate) -> str:
    """One sentence: "About $0.20 for 5 pictures.", "Free: drawn on this machine."."""
    if not estimate.pictures:
        return "Choose at least one style."
    if estimate.free:
        return "Free: drawn on this machine."
    pictures = count_words(estimate.pictures, "picture", "pictures")
    price = about_dollars(estimate.microusd)
    price = price[0].upper() + price[1:]
    if not estimate.pictures_charged:
        return f"{price} for {_looks(estimate.photos)}; the pictures are drawn on this machine."
    look = f" and {_looks(estimate.photos)}" if estimate.vision_charged else ""
    return f"{price} for {pictures}{look}."


def _looks(photos: int) -> str:
    return "one look at the photo" if photos == 1 else f"one look at each of {photos:,} photos"
