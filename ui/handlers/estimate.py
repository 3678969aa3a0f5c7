"""What something will cost, told before it is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.errors import OverBudget
from tasks.ledger.budget import check_affordable
from tasks.pricing import estimate_new, picture_price
from tasks.runtime import Workshop
from tasks.styles.packs import style_packs


@dataclass(frozen=True)
class Estimate:
    """About what `pictures` pictures cost, with the look at the photo where that is paid too.

    `problem` says why a run like this would be refused before it spends, or is "".
    """

    microusd: int
    pictures: int
    pictures_charged: bool
    look_charged: bool
    problem: str = ""

    @property
    def free(self) -> bool:
        """Nothing of it is paid for."""
        return not (self.pictures_charged or self.look_charged)


def estimate_for_new(workshop: Workshop, styles: Sequence[str]) -> Estimate:
    """What a new character in `styles` will cost; styles that don't exist count as not chosen."""
    known = [style for style in dict.fromkeys(styles) if style in style_packs()]
    return _estimate(
        workshop,
        estimate_new(workshop, known) if known else 0,
        pictures=len(known),
        look_charged=workshop.vision.charges,
    )


def estimate_for_one_more(workshop: Workshop, style: str) -> Estimate:
    """What one more picture in `style` will cost, for a character whose photo has been looked at."""
    price = picture_price(workshop, style) if style in style_packs() else 0
    return _estimate(workshop, price, pictures=1, look_charged=False)


def _estimate(workshop: Workshop, microusd: int, *, pictures: int, look_charged: bool) -> Estimate:
    estimate = Estimate(microusd, pictures, workshop.image.charges, look_charged)
    if estimate.free:
        return estimate
    try:
        check_affordable(workshop, microusd)
    except OverBudget as error:
        return Estimate(microusd, pictures, estimate.pictures_charged, look_charged, error.sentence)
    return estimate
