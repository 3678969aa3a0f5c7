"""From an analysis to a figure on the sheet: framed, seen through the style's lens, cut out, lit."""

from dataclasses import dataclass

import numpy as np

from tasks.arrays import BgrImage, Mask, Points
from tasks.face_mesh import CHIN, FOREHEAD
from tasks.perception.analysis import PersonAnalysis
from tasks.renderer.canvas import Canvas
from tasks.renderer.color import sepia
from tasks.renderer.exposure import exposure_lift, open_shadows
from tasks.renderer.eye_shape import eye_width
from tasks.renderer.figure import PROFILE_VIEW, Figure
from tasks.renderer.framing import Framing, choose_framing, cut_sides
from tasks.renderer.layout import StyleLayout
from tasks.renderer.lens import Bulge, Lens
from tasks.renderer.palette import is_gray, palette_of
from tasks.renderer.pixels import as_float32, blur
from tasks.renderer.silhouette import cut_edge_fade, photo_edge_fade, smooth_outline, with_flyaways

_Irises = tuple[tuple[Points, float], tuple[Points, float]]


@dataclass(frozen=True)
class _View:
    """What the lens shows of a photo, in canvas pixels; the lens itself, six planes, is then let go."""

    image: BgrImage
    person: Mask
    regions: list[Mask]  # skin, hair, clothes
    mesh: Points
    irises: _Irises
    eye_contours: tuple[Points, Points]


def place_person(analysis: PersonAnalysis, canvas: Canvas, layout: StyleLayout, nudge: Points) -> Figure:
    """Put the person on the sheet the way a style likes it."""
    framing = choose_framing(analysis, canvas, layout, nudge)
    view = _view(analysis, canvas, framing, layout)
    growth = framing.scale * layout.head
    face_height = analysis.face_height * growth
    lift = exposure_lift(analysis)
    outline = smooth_outline(view.person, face_height)
    skin, hair, clothes = _shared_out(view.regions, outline, face_height)
    image = open_shadows(view.image, skin, outline, lift)
    if is_gray(analysis):
        image = sepia(image, skin)
    rows, columns = analysis.image.shape[:2]
    fade = photo_edge_fade(canvas, framing, (rows, columns), cut_sides(analysis), face_height)
    fade *= cut_edge_fade(image, outline, face_height)
    return Figure(
        canvas=canvas,
        image=image,
        person=with_flyaways(image, outline, hair, face_height),
        skin=skin,
        hair=hair,
        clothes=clothes,
        fade=fade,
        mesh=view.mesh,
        irises=view.irises,
        eye_contours=view.eye_contours,
        face_height=face_height,
        face_width=analysis.face_width * growth,
        yaw=analysis.yaw,
        scale=framing.scale,
        palette=palette_of(analysis, lift),
        eyewear=analysis.eyewear,
    )


def _view(analysis: PersonAnalysis, canvas: Canvas, framing: Framing, layout: StyleLayout) -> _View:
    lens = Lens(canvas, framing, _bulges(analysis, framing, layout))
    soft = max(1.2, framing.scale * 0.9)
    right, left = analysis.eye_contours
    return _View(
        image=lens.image(as_float32(analysis.image) / 255),
        person=lens.mask(analysis.person),
        regions=[blur(lens.mask(mask), soft) for mask in (analysis.skin, analysis.hair, analysis.clothes)],
        mesh=lens.points(analysis.mesh),
        irises=_irises(analysis, lens, framing, layout),
        eye_contours=(lens.points(right), lens.points(left)),
    )


def _shared_out(regions: list[Mask], person: Mask, face_height: float) -> list[Mask]:
    """The regions, grown over what of the person belongs to none of them, so that nothing is left blank."""
    blank = np.clip(person - sum(regions), 0, 1)
    near = [blur(region, 0.03 * face_height) + np.float32(1e-4) for region in regions]
    total = sum(near)
    return [
        np.clip(region + blank * (share / total), 0, 1) for region, share in zip(regions, near, strict=True)
    ]


def _bulges(analysis: PersonAnalysis, framing: Framing, layout: StyleLayout) -> list[Bulge]:
    """The head's and the eyes' enlargement; the eyes keep their size in profile."""
    face = framing.to_canvas(analysis.mesh[[FOREHEAD, CHIN]])
    height = analysis.face_height * framing.scale
    bulges = [Bulge(face.mean(0) - (0, 0.08 * height), 1.75 * height, layout.head)]
    if abs(analysis.yaw) < PROFILE_VIEW and analysis.eyewear != "sunglasses":
        for contour in analysis.eye_contours:
            eye = framing.to_canvas(contour)
            bulges.append(Bulge(eye.mean(0), eye_width(eye) * 1.25, layout.eyes))
    return bulges


def _irises(
    analysis: PersonAnalysis, lens: Lens, framing: Framing, layout: StyleLayout
) -> tuple[tuple[Points, float], tuple[Points, float]]:
    growth = framing.scale * layout.eyes * layout.head
    (right, right_radius), (left, left_radius) = analysis.irises
    return (lens.points(right), right_radius * growth), (lens.points(left), left_radius * growth)
