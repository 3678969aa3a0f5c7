"""The person on the sheet: everything a style needs to draw them, in canvas pixels."""

from dataclasses import dataclass

import numpy as np

from tasks.providers.local.analysis import PersonAnalysis
from tasks.providers.local.brush.canvas import Canvas
from tasks.providers.local.brush.exposure import exposure_lift, open_shadows
from tasks.providers.local.brush.framing import Framing, Taste, choose_framing, cut_sides
from tasks.providers.local.brush.landmarks import CHIN, FOREHEAD, MOUTH_BOTTOM, MOUTH_TOP, eye_width
from tasks.providers.local.brush.lens import Bulge, Lens
from tasks.providers.local.brush.matte import cut_edge_fade, photo_edge_fade, smooth_outline, with_flyaways
from tasks.providers.local.brush.palette import Palette, palette_of
from tasks.providers.local.brush.pixels import FloatImage, as_image, blur
from tasks.providers.local.brush.shapes import Points

_PROFILE_VIEW = 0.5  # yaw beyond which features are left as the photo has them


@dataclass(frozen=True)
class Figure:
    """One framed person. Pictures are HxWx3 BGR 0..1, masks HxW 0..1, points x, y in canvas pixels."""

    canvas: Canvas
    image: FloatImage  # shadows opened
    person: FloatImage  # smooth outline with flyaways
    skin: FloatImage
    hair: FloatImage
    clothes: FloatImage
    fade: FloatImage  # 0 where the photo gives no honest edge: let the figure dissolve there
    mesh: Points  # 468x2
    irises: tuple[tuple[Points, float], tuple[Points, float]]
    eye_contours: tuple[Points, Points]
    face_height: float
    face_width: float
    yaw: float
    scale: float  # canvas pixels for a photo pixel
    palette: Palette
    eyewear: str | None

    @property
    def shows_features(self) -> bool:
        """Whether the face looks at us enough for eyes, brows and lips to be drawn as shapes."""
        return abs(self.yaw) < _PROFILE_VIEW

    @property
    def shows_eyes(self) -> bool:
        """Whether the eyes are drawn: not behind sunglasses, not in profile."""
        return self.shows_features and self.eyewear != "sunglasses"

    @property
    def mouth_opening(self) -> float:
        """The gap between the lips as a share of the face's height."""
        return float(np.linalg.norm(self.mesh[13] - self.mesh[14])) / self.face_height

    @property
    def chin(self) -> Points:
        """The lowest point of the face."""
        return as_image(self.mesh[CHIN])

    def at(self, *indices: int) -> Points:
        """Mesh points by index."""
        return self.mesh[list(indices)]

    def mouth_inside(self) -> tuple[Points, Points]:
        """The inner edges of the upper and the lower lip, from the person's right to left."""
        return self.at(*MOUTH_TOP), self.at(*MOUTH_BOTTOM)


def place(analysis: PersonAnalysis, canvas: Canvas, taste: Taste, nudge: Points) -> Figure:
    """Put the person on the sheet the way a style likes it."""
    framing = choose_framing(analysis, canvas, taste, nudge)
    lens = Lens(canvas, framing, _bulges(analysis, framing, taste))
    lift = exposure_lift(analysis)
    face_height = analysis.face_height * framing.scale * taste.head
    image = lens.image(as_image(analysis.image) / 255)
    soft = max(1.2, framing.scale * 0.9)
    skin, hair, clothes = (
        np.clip(blur(lens.mask(mask), soft), 0, 1)
        for mask in (analysis.skin, analysis.hair, analysis.clothes)
    )
    person = smooth_outline(lens.mask(analysis.person), face_height)
    mesh = lens.points(analysis.mesh)
    rows, columns = analysis.image.shape[:2]
    fade = photo_edge_fade(canvas, framing, (rows, columns), cut_sides(analysis), face_height)
    fade *= cut_edge_fade(image, person, face_height)
    person = with_flyaways(image, person, hair, face_height)
    return Figure(
        canvas=canvas,
        image=open_shadows(image, skin, person, lift),
        person=person,
        skin=skin,
        hair=hair,
        clothes=clothes,
        fade=fade,
        mesh=mesh,
        irises=_irises(analysis, lens, framing, taste),
        eye_contours=(lens.points(analysis.eye_contours[0]), lens.points(analysis.eye_contours[1])),
        face_height=face_height,
        face_width=analysis.face_width * framing.scale * taste.head,
        yaw=analysis.yaw,
        scale=framing.scale,
        palette=palette_of(analysis, lift),
        eyewear=analysis.eyewear,
    )


def _bulges(analysis: PersonAnalysis, framing: Framing, taste: Taste) -> list[Bulge]:
    """The head's and the eyes' enlargement; the eyes keep their size in profile."""
    face = framing.to_canvas(analysis.mesh[[FOREHEAD, CHIN]])
    height = analysis.face_height * framing.scale
    bulges = [Bulge(face.mean(0) - (0, 0.08 * height), 1.75 * height, taste.head)]
    if abs(analysis.yaw) < _PROFILE_VIEW and analysis.eyewear != "sunglasses":
        for contour in analysis.eye_contours:
            eye = framing.to_canvas(contour)
            bulges.append(Bulge(eye.mean(0), eye_width(eye) * 1.25, taste.eyes))
    return bulges


def _irises(
    analysis: PersonAnalysis, lens: Lens, framing: Framing, taste: Taste
) -> tuple[tuple[Points, float], tuple[Points, float]]:
    growth = framing.scale * taste.eyes * taste.head
    (right, right_radius), (left, left_radius) = analysis.irises
    return (lens.points(right), right_radius * growth), (lens.points(left), left_radius * growth)
