"""A design as a layered SVG: one group a shape, named, so that it can be edited by hand."""

from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

import numpy as np

from tasks.arrays import Points
from tasks.design.pen import pen_color
from tasks.design.shapes import CharacterDesign, Role, Shape
from tasks.perception.lab import hex_of_lab

_MARGIN = 6.0  # head units around what is drawn
_SOFT = 4.0  # head units: color without an edge


def design_to_svg(design: CharacterDesign, outlines: bool = True) -> str:
    """The design in head units, sRGB, back to front; shapes stay inside others by clip paths.

    Crescents of shade, cast shadows and the texture of paint are a medium's, not the design's: they are left
    out. Outlines are strokes, to be turned off as a whole by `outlines`.
    """
    every = np.vstack(
        [np.zeros((1, 2), np.float32), *(loop for shape in design.shapes for loop in shape.loops)]
    )
    (left, top), (right, bottom) = every.min(0) - _MARGIN, every.max(0) + _MARGIN
    box = f"{left:.1f} {top:.1f} {right - left:.1f} {bottom - top:.1f}"
    soft = f'<filter id="soft"><feGaussianBlur stdDeviation="{_SOFT:g}"/></filter>'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">'
    lines = [opening, soft, *_groups(design, outlines), "</svg>"]
    return "\n".join(lines) + "\n"


def _groups(design: CharacterDesign, outlines: bool) -> Iterator[str]:
    clipped_to = {shape.clip for shape in design.shapes if shape.clip is not None}
    filled: dict[str, list[str]] = {}  # paths that a name means so far
    for number, shape in enumerate(design.shapes):
        path = _path(shape.loops)
        attributes = [f"id={quoteattr(f'{shape.name}-{number}')}", f'data-role="{shape.role.value}"']
        if shape.clip is not None:
            held = filled.get(shape.clip)
            if not held:
                continue  # inside what is not there: nothing to see
            parts = "".join(f'<path clip-rule="evenodd" d="{each}"/>' for each in held)
            yield f'<clipPath id="clip-{number}">{parts}</clipPath>'
            attributes.append(f'clip-path="url(#clip-{number})"')
        yield f"<g {' '.join(attributes)}>{_drawn(shape, path, outlines)}</g>"
        if shape.role is Role.FILL and shape.name in clipped_to:
            filled.setdefault(shape.name, []).append(path)


def _drawn(shape: Shape, path: str, outlines: bool) -> str:
    opacity = f' opacity="{shape.opacity:.3g}"' if shape.opacity < 1 else ""
    if shape.role is Role.BLUSH:
        opacity += ' filter="url(#soft)"'
    drawn = f'<path fill="{hex_of_lab(shape.lab)}" fill-rule="evenodd"{opacity} d="{path}"/>'
    if outlines and shape.outline:
        pen = hex_of_lab(pen_color(shape.lab))
        drawn += f'<path fill="none" stroke="{pen}" stroke-width="{shape.outline:.2f}" d="{path}"/>'
    return drawn


def _path(loops: tuple[Points, ...]) -> str:
    return " ".join(
        "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in loop.tolist()) + "Z" for loop in loops if len(loop)
    )
