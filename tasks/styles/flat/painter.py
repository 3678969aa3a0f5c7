"""Flat: the design's own shapes in even colors, no lines around them, set in a badge."""

from tasks.design.shapes import CharacterDesign
from tasks.media.drawn import begin, ground_shadow
from tasks.media.flats import Look
from tasks.media.placement import Drawing, Placement
from tasks.media.strips import Painted, Strip, paint_in_strips
from tasks.renderer.badge import clip, make_badge, sprigs, stage
from tasks.renderer.choices import Choices
from tasks.renderer.color import bgr_from_hex, shift_in_lab
from tasks.renderer.pixels import composite_over, mix

_LOOK = Look(hair_pen=0.45, shade=0.8, cast=0.75)
_ROOM_FOR_FEET = 0.55  # radians of the badge's rim


def draw(design: CharacterDesign, placement: Placement, choices: Choices) -> Drawing:
    """Draw the design in flat shapes."""
    model = begin(design, placement, _LOOK)

    def paint(strip: Strip) -> Painted:
        flats, canvas, own = model.flats(strip), strip.canvas, choices.again()
        badge = make_badge(canvas, own)
        sheet = stage(canvas, badge, own.rng)
        on_feet = design.feet is not None
        if on_feet:
            dark = shift_in_lab(bgr_from_hex(badge.scheme.disc), -18, 0, -2)
            composite_over(sheet, dark, ground_shadow(model, strip))
        alpha = flats.alpha if on_feet else flats.alpha * clip(canvas, badge)
        sheet = mix(sheet, flats.color, alpha)
        sprigs(sheet, canvas, badge, own.rng, gap=_ROOM_FOR_FEET if on_feet else 0.0)
        return Painted(sheet, flats.color, alpha)

    return paint_in_strips(placement, paint)
