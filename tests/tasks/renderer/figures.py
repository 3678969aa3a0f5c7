"""A person as a style's layout puts them on the sheet: what a painter that takes the figure is given."""

from tasks.perception.analysis import PersonAnalysis
from tasks.renderer.choices import Choices
from tasks.renderer.figure import Figure
from tasks.renderer.render import Painter, placed_figure
from tasks.styles.packs import style_pack


def figure_of(analysis: PersonAnalysis, style: str) -> Figure:
    """The figure that such a painter would paint with seed 0."""
    drawing = style_pack(style).drawing
    assert drawing is not None

    def paint(figure: Figure, choices: Choices) -> None:
        raise AssertionError("Nothing is painted here.")

    return placed_figure(analysis, Painter(drawing.seed_number, drawing.layout, paint), 0, {})  # type: ignore[arg-type]
