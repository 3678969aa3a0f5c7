"""A person as a style puts them on the sheet, before any paint."""

from tasks.perception.analysis import PersonAnalysis
from tasks.renderer.figure import Figure
from tasks.renderer.render import placed_figure
from tasks.styles.drawing import painter_of


def figure_of(analysis: PersonAnalysis, style: str) -> Figure:
    """The figure that `draw` would paint with seed 0."""
    return placed_figure(analysis, painter_of(style), 0, {})
