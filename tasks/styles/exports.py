"""What can be made of a finished picture: the person cut out, a page for print, layers, the design itself."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from tasks.design.serialize import BadDesign, design_to_json
from tasks.design.shapes import CharacterDesign
from tasks.design.svg import design_to_svg
from tasks.errors import UsageError
from tasks.media.design_chunk import design_of
from tasks.media.placement import PRINT
from tasks.media.png import cut_out_png, matte_png, picture_png
from tasks.perception.faces import find_faces
from tasks.perception.finished_picture import finished_pixels
from tasks.perception.geometry import face_axes
from tasks.perception.matting import person_matte
from tasks.styles.drawing import draw_design


class Export(StrEnum):
    """The forms of a picture."""

    CUT_OUT = "cut-out"  # PNG with transparency; 2460x3072 where the design is known
    PRINT = "print"  # PNG of 2460x3072 at 300 dpi: the same composition, drawn anew
    SVG = "svg"  # the design's layers
    DESIGN = "design"  # the design as JSON


def export_picture(
    picture: bytes,
    what: Export,
    style: str,
    seed: int,
    parameters: Mapping[str, Any],
    *,
    drawn_here: bool = True,
) -> bytes:
    """A form of a finished picture, the same bytes for the same arguments.

    Args:
        picture: As it was kept. One that this machine drew carries its design, and needs no photo.
        what: The form.
        style: The picture's.
        seed: The picture's.
        parameters: The picture's.
        drawn_here: By this machine. What a provider's picture carries as a design is not looked at.

    Raises:
        UsageError: There is no such form of this picture.
        ModelsMissing: A picture of a provider is to be cut out, and the weights are not there.
    """
    design = _design(picture) if drawn_here else None
    if design is None:
        if what is Export.CUT_OUT:
            return _cut_out_by_matte(picture)
        raise UsageError(
            "This picture carries no design: a provider drew it, or an earlier version. It can be cut out, "
            "but not drawn larger or in layers.",
            code="no_design",
        )
    if what is Export.SVG:
        return design_to_svg(design).encode()
    if what is Export.DESIGN:
        return design_to_json(design).encode()
    drawing = draw_design(design, style, seed, parameters, PRINT)
    return cut_out_png(drawing) if what is Export.CUT_OUT else picture_png(drawing.sheet)


def _design(picture: bytes) -> CharacterDesign | None:
    try:
        return design_of(picture)
    except BadDesign as error:
        raise UsageError(str(error), code="bad_design") from error


def _cut_out_by_matte(picture: bytes) -> bytes:
    pixels = finished_pixels(picture)
    faces = find_faces(pixels)
    if not faces:
        raise UsageError(
            "No face is found in this picture, so nobody can be cut out of it.", code="no_cut_out"
        )
    return matte_png(pixels, person_matte(pixels, face_axes(faces[0].mesh.points)))
