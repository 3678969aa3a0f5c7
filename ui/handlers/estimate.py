"""What something will cost, told before it is asked for."""

from collections.abc import Sequence
from dataclasses import replace

from tasks.errors import OverBudget
from tasks.ledger.budget import check_affordable, check_budget_ahead
from tasks.picture_options import AS_USUAL, PictureOptions
from tasks.pricing import estimate_new, picture_price
from tasks.providers.protocols import ImageProvider
from tasks.runtime import Runtime
from tasks.styles.packs import can_draw, style_packs
from ui.views.estimate import Estimate


def estimate_for_new(runtime: Runtime, styles: Sequence[str], options: PictureOptions = AS_USUAL) -> Estimate:
    """What a new character in `styles` will cost; styles that don't exist count as not chosen, and so do
    those that no provider in use can draw: they are the problem that is told.
    """
    known = [style for style in dict.fromkeys(styles) if style in style_packs()]
    drawn = [style for style in known if any(can_draw(each.name, style) for each in runtime.images)]
    estimate = _estimate(
        runtime,
        estimate_new(runtime, drawn, options) if drawn else 0,
        pictures=len(drawn),
        vision_charged=runtime.vision.charges,
    )
    if drawn == known or estimate.problem:
        return estimate
    return replace(estimate, problem=_not_drawn([style for style in known if style not in drawn]))


def estimate_for_several(
    runtime: Runtime, wishes: Sequence[tuple[Sequence[str], PictureOptions]]
) -> Estimate:
    """What several new characters will cost together, each in its own styles; as `estimate_for_new`."""
    each = [estimate_for_new(runtime, styles, options) for styles, options in wishes if styles]
    if not each:
        return estimate_for_new(runtime, ())
    total = replace(
        each[0],
        microusd=sum(one.microusd for one in each),
        pictures=sum(one.pictures for one in each),
        photos=len(each),
        problem=next((one.problem for one in each if one.problem), ""),
    )
    if total.problem or total.free:
        return total
    try:
        check_budget_ahead(runtime, total.microusd)
    except OverBudget as error:
        return replace(total, problem=error.sentence)
    return total


def estimate_for_one_more(
    runtime: Runtime,
    style: str,
    options: PictureOptions = AS_USUAL,
    *,
    referenced: bool,
    drawers: Sequence[ImageProvider],
) -> Estimate:
    """What one more picture in `style` will cost, for a character whose photo has been looked at, and that
    `drawers` may draw; `referenced` where it has a favourite, which goes along.
    """
    known = style in style_packs()
    price = picture_price(runtime, style, options, referenced, drawers) if known else 0
    return _estimate(runtime, price, pictures=1, vision_charged=False, drawers=drawers)


def estimate_for_more(
    runtime: Runtime,
    styles: Sequence[str],
    options: PictureOptions = AS_USUAL,
    *,
    referenced: bool,
    drawers: Sequence[ImageProvider],
) -> Estimate:
    """What one more picture in each of `styles` will cost, as `estimate_for_one_more` tells it for one."""
    known = [style for style in dict.fromkeys(styles) if style in style_packs()]
    price = sum(picture_price(runtime, style, options, referenced, drawers) for style in known)
    return _estimate(runtime, price, pictures=len(known), vision_charged=False, drawers=drawers)


def _not_drawn(styles: Sequence[str]) -> str:
    labels = " and ".join(style_packs()[style].label for style in styles)
    return f"{labels} will be missing: only a provider of pictures can draw that. Set STORYKIN_IMAGE to one."


def _estimate(
    runtime: Runtime,
    microusd: int,
    *,
    pictures: int,
    vision_charged: bool,
    drawers: Sequence[ImageProvider] = (),
) -> Estimate:
    charged = any(each.charges for each in drawers or runtime.images)
    estimate = Estimate(microusd, pictures, charged, vision_charged)
    if estimate.free:
        return estimate
    try:
        check_affordable(runtime, microusd)
    except OverBudget as error:
        return Estimate(microusd, pictures, estimate.pictures_charged, vision_charged, error.sentence)
    return estimate
