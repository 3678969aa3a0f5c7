"""Estimates, as a page says them."""

from dataclasses import dataclass

from tasks.amounts import about_dollars
from ui.i18n import _, ngettext


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
        return _("Choose at least one style.")
    if estimate.free:
        return _("Free: drawn on this machine.")
    pictures = ngettext("%(num)s picture", "%(num)s pictures", estimate.pictures)
    price = about_dollars(estimate.microusd)
    price = price[0].upper() + price[1:]
    looks = _looks(estimate.photos)
    if not estimate.pictures_charged:
        return _("%(price)s for %(looks)s; the pictures are drawn on this machine.", price=price, looks=looks)
    if estimate.vision_charged:
        return _("%(price)s for %(pictures)s and %(looks)s.", price=price, pictures=pictures, looks=looks)
    return _("%(price)s for %(pictures)s.", price=price, pictures=pictures)


def _looks(photos: int) -> str:
    return ngettext("one look at the photo", "one look at each of %(num)s photos", photos)
