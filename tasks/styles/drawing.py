"""From a style's name to a drawing: the pack's painter, and the renderer that it works with."""

import importlib
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any

from tasks.design.shapes import CharacterDesign
from tasks.errors import UsageError
from tasks.media.place import place_design
from tasks.media.placement import SCREEN, Drawing, Placement
from tasks.perception.analysis import PersonAnalysis
from tasks.renderer.choices import Choices, choices_of
from tasks.renderer.render import Painter, render
from tasks.styles.pack import PAINTER, BadStylePack, StylePack
from tasks.styles.packs import style_pack


def check_drawn_locally(style: str) -> None:
    """Raise UsageError where the local engine can't draw `style`."""
    pack = style_pack(style)
    if not pack.drawn_locally:
        raise UsageError(
            f"This machine can't draw the style {pack.label}: only a provider of pictures can. "
            "Choose another style, or set STORYKIN_IMAGE to a provider.",
            code="cloud_only",
        )


def draw(analysis: PersonAnalysis, style: str, seed: int, parameters: Mapping[str, Any]) -> bytes:
    """Draw a person in a style: a PNG of 820x1024, always the same one for the same arguments.

    `parameters` are those of `render`. Raises UsageError for a style that is unknown or cloud only,
    BadStylePack for one whose painter can't be loaded.
    """
    return render(analysis, painter_of(style), seed, parameters)


def draw_design(
    design: CharacterDesign,
    style: str,
    seed: int,
    parameters: Mapping[str, Any],
    size: tuple[int, int] = SCREEN,
) -> Drawing:
    """Draw a design in a style: always the same drawing for the same arguments.

    Args:
        design: The person.
        style: A style whose painter draws designs.
        seed: Any whole number.
        parameters: May hold `background` (int) and `texture` (float, 1 is usual); others are left alone.
        size: Width and height of the sheet: `SCREEN`, or `PRINT` for the same composition, larger.

    Raises:
        What `draw` raises.
    """
    check_drawn_locally(style)
    pack = style_pack(style)
    assert pack.drawing is not None
    choices = choices_of(seed, pack.drawing.seed_number, parameters)
    nudge = (float(choices.nudge[0]), float(choices.nudge[1]))
    drawing: Drawing = _design_painter(pack.package)(design, place_design(design, *size, nudge), choices)
    return drawing


@lru_cache
def _design_painter(package: str) -> Callable[[CharacterDesign, Placement, Choices], Drawing]:
    draw_it: Callable[[CharacterDesign, Placement, Choices], Drawing]
    draw_it = importlib.import_module(f"{package}.drawn_painter").draw
    return draw_it


def painter_of(style: str) -> Painter:
    """The painter of a style. Raises what `draw` does."""
    check_drawn_locally(style)
    return _loaded(style_pack(style).folder.as_posix(), style)


@lru_cache
def _loaded(_folder: str, style: str) -> Painter:
    pack = style_pack(style)
    assert pack.drawing is not None  # the pack was checked when it was read
    try:
        paint = _module(pack).paint
    except Exception as error:  # code of another's: anything may be wrong with it
        kind = type(error).__name__
        raise BadStylePack(f"The painter {pack.folder / PAINTER} can't be used: {kind}: {error}.") from error
    return Painter(pack.drawing.seed_number, pack.drawing.layout, paint)


def _module(pack: StylePack) -> ModuleType:
    if pack.package:
        return importlib.import_module(f"{pack.package}.painter")
    name = f"storykin_style_{pack.name.replace('-', '_')}"
    spec = spec_from_file_location(name, pack.folder / PAINTER)
    assert spec is not None and spec.loader is not None  # a file that ends in .py
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module
