"""From a style's name to a drawing: the pack's painter, and what it draws from."""

import importlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any

from db.told import told
from tasks.design.compose import design_character
from tasks.design.corrections import NONE, Corrections
from tasks.design.shapes import CharacterDesign
from tasks.errors import UsageError
from tasks.media.design_chunk import with_design
from tasks.media.place import place_design
from tasks.media.placement import SCREEN, Drawing, Placement
from tasks.media.png import picture_png
from tasks.perception.analysis import PersonAnalysis
from tasks.perception.analyze import analyze_photo
from tasks.perception.measure_sheet import measure_sheet
from tasks.providers.protocols import Photo
from tasks.renderer.choices import Choices, choices_of
from tasks.renderer.render import Painter, render
from tasks.styles.characters import design_of_photo, framing_of
from tasks.styles.pack import PAINTER, BadStylePack, StylePack
from tasks.styles.packs import style_pack


@dataclass(frozen=True)
class DesignPainter:
    """What a style brings to the drawing of a design."""

    seed_number: int  # goes into the seed: the styles of one character differ in more than their paint
    draw: Callable[[CharacterDesign, Placement, Choices], Drawing]


def check_drawn_locally(style: str) -> None:
    """Raise UsageError where the local engine can't draw `style`."""
    pack = style_pack(style)
    if not pack.drawn_locally:
        raise UsageError(
            told(
                "This machine can't draw the style %(label)s: only a provider of pictures can. Choose "
                "another style, or set STORYKIN_IMAGE to a provider.",
                label=pack.label,
            ),
            code="cloud_only",
        )


def draw_photo(
    photo: Photo, style: str, seed: int, parameters: Mapping[str, Any], wanted: Corrections = NONE
) -> bytes:
    """Draw the person of a photo in a style: a PNG of 820x1024, the same one for the same arguments.

    Args:
        photo: Normalized. What is measured and designed of it is shared by the styles of one character.
        style: One that the local engine draws.
        seed: Any whole number.
        parameters: May hold `framing`, `background` (int) and `texture` (float); others are left alone.
        wanted: What a person has corrected of the photo's profile. A painter that draws from the photo
            itself, not from a design, knows nothing of it.

    Raises:
        UsageError: The style is unknown or cloud only.
        BadStylePack: Its painter can't be loaded.
        PhotoRefused: The photo shows nobody.
        ModelsMissing: The weights are not there.
    """
    painter = painter_of(style)
    if isinstance(painter, DesignPainter):
        return _picture(design_of_photo(photo, style, seed, parameters, wanted), style, seed, parameters)
    return render(analyze_photo(photo), painter, seed, parameters)


def draw(analysis: PersonAnalysis, style: str, seed: int, parameters: Mapping[str, Any]) -> bytes:
    """Draw an analysed person as `draw_photo` does, with nothing shared. Raises what it raises."""
    painter = painter_of(style)
    if isinstance(painter, DesignPainter):
        design = design_character(measure_sheet(analysis), framing_of(parameters), seed % 2**31)
        return _picture(design, style, seed, parameters)
    return render(analysis, painter, seed, parameters)


def _picture(design: CharacterDesign, style: str, seed: int, parameters: Mapping[str, Any]) -> bytes:
    return with_design(picture_png(draw_design(design, style, seed, parameters).sheet), design)


def draw_design(
    design: CharacterDesign,
    style: str,
    seed: int,
    parameters: Mapping[str, Any],
    size: tuple[int, int] = SCREEN,
) -> Drawing:
    """Draw a design in a style, the same for the same arguments.

    `size` is the sheet's width and height: `SCREEN`, or `PRINT` for the same composition, larger.

    Raises UsageError for a style that is unknown, cloud only, or drawn by a painter that takes no designs;
    BadStylePack for one whose painter can't be loaded.
    """
    painter = painter_of(style)
    if not isinstance(painter, DesignPainter):
        raise UsageError(
            told(
                "The style %(label)s is drawn from the photo itself, at one size only: there is no print "
                "size and no layered drawing of it.",
                label=style_pack(style).label,
            ),
            code="one_size_only",
        )
    choices = choices_of(seed, painter.seed_number, parameters)
    return painter.draw(design, _placed(design, size, choices), choices)


def placement_of(design: CharacterDesign, style: str, seed: int, parameters: Mapping[str, Any]) -> Placement:
    """Where `draw_design` puts this design on the screen's sheet. Raises what it raises for the style."""
    return _placed(design, SCREEN, choices_of(seed, painter_of(style).seed_number, parameters))


def _placed(design: CharacterDesign, size: tuple[int, int], choices: Choices) -> Placement:
    return place_design(design, *size, (float(choices.nudge[0]), float(choices.nudge[1])))


def painter_of(style: str) -> Painter | DesignPainter:
    """The painter of a style. Raises what `draw` does for the style."""
    check_drawn_locally(style)
    return _loaded(style_pack(style).folder.as_posix(), style)


@lru_cache
def _loaded(_folder: str, style: str) -> Painter | DesignPainter:
    pack = style_pack(style)
    assert pack.drawing is not None  # the pack was checked when it was read
    try:
        module = _module(pack)
        if hasattr(module, "draw"):
            return DesignPainter(pack.drawing.seed_number, module.draw)
        return Painter(pack.drawing.seed_number, pack.drawing.layout, module.paint)
    except Exception as error:  # code of another's: anything may be wrong with it
        kind = type(error).__name__
        raise BadStylePack(f"The painter {pack.folder / PAINTER} can't be used: {kind}: {error}.") from error


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
