"""Headwear: which kind it is, and its shapes behind and before the head."""

from collections.abc import Callable

from tasks.design.geometry import area_of
from tasks.design.head.context import HeadContext
from tasks.design.head.headwear_cap import cap, helmet
from tasks.design.head.headwear_fit import HatFit, fit_hat
from tasks.design.head.headwear_hat import hat, hat_back, tipped_back
from tasks.design.head.headwear_knit import beanie, soft_hat, turban
from tasks.design.head.headwear_veil import is_veil, veil, veil_back
from tasks.design.shapes import Shape

KINDS = ("cap", "hat", "beanie", "helmet", "veil", "turban", "hood")
BRIMMED = 1.42  # a hat is so much wider than its crown
SOFT = "soft"  # headwear of no kind that is known


def headwear_back(context: HeadContext) -> list[Shape]:
    """What of the headwear lies behind the head and the hair."""
    kind = kind_of(context)
    if kind is None:
        return []
    fit = fit_hat(context)
    if kind in ("veil", "hood"):
        return veil_back(context, fit)
    return hat_back(context, fit) if kind == "hat" else []


def headwear(context: HeadContext) -> list[Shape]:
    """What of the headwear lies before the head and the hair."""
    kind = kind_of(context)
    if kind is None:
        return []
    return _DRAWN[kind](context, fit_hat(context))


def kind_of(context: HeadContext) -> str | None:
    """The kind of headwear: as the sheet has it, else by its outline; None without any."""
    if context.worn.hat is None:
        return None
    reading = context.sheet.traits.headwear
    if context.seen(reading, *KINDS):
        return reading.value
    if is_veil(context):
        return "veil"
    return "hat" if _brimmed(context, fit_hat(context)) else SOFT


def _brimmed(context: HeadContext, fit: HatFit) -> bool:
    """Whether it stands out on both sides over the crown, or lies around the face like a disc."""
    wide = min(fit.middle - fit.reach[0], fit.reach[1] - fit.middle)
    return area_of(context.worn.seen_hat) > 0 and (wide > BRIMMED * fit.half or tipped_back(context))


def _hood(context: HeadContext, fit: HatFit) -> list[Shape]:
    return veil(context, fit, hood=True)


_DRAWN: dict[str, Callable[[HeadContext, HatFit], list[Shape]]] = {
    "cap": cap,
    "hat": hat,
    "beanie": beanie,
    "helmet": helmet,
    "veil": veil,
    "turban": turban,
    "hood": _hood,
    SOFT: soft_hat,
}
