"""Two plots as inline SVG: bars and a histogram. They need no script, no font and no file."""

from collections.abc import Sequence
from html import escape

import numpy as np

WIDTH, LINE, LABEL = 640, 26, 200
BINS, HEIGHT = 24, 160


def bars(values: Sequence[tuple[str, float]], what: str, *, digits: int = 0, most: int = 12) -> str:
    """Horizontal bars, the first `most` of the values, each with its label and its number."""
    shown = values[:most]
    top = max((value for _, value in shown), default=0.0) or 1.0
    room = WIDTH - LABEL - 90
    lines = []
    for place, (label, value) in enumerate(shown):
        y = place * LINE
        lines.append(
            f'<text x="{LABEL - 10}" y="{y + 17}" text-anchor="end">{escape(label[:28])}</text>'
            f'<rect x="{LABEL}" y="{y + 4}" width="{room * value / top:.1f}" height="{LINE - 8}" rx="3" '
            f'fill="#b3402c"/><text x="{LABEL + room * value / top + 8:.1f}" y="{y + 17}">'
            f"{value:,.{digits}f}</text>"
        )
    return _svg("".join(lines), len(shown) * LINE, what)


def histogram(values: Sequence[float], what: str) -> str:
    """How the values spread, in bins of the same width, from the least to the largest; "" without any."""
    if not values:
        return ""
    counts, edges = np.histogram(np.asarray(values, np.float64), bins=BINS)
    top, width = int(counts.max()) or 1, WIDTH / BINS
    columns = "".join(
        f'<rect x="{place * width + 1:.1f}" y="{HEIGHT * (1 - count / top):.1f}" width="{width - 2:.1f}" '
        f'height="{HEIGHT * count / top:.1f}" fill="#2f66b5"><title>{edges[place]:.2f} to '
        f"{edges[place + 1]:.2f}: {count}</title></rect>"
        for place, count in enumerate(counts)
    )
    ends = (
        f'<text x="0" y="{HEIGHT + 18}">{edges[0]:.2f}</text>'
        f'<text x="{WIDTH}" y="{HEIGHT + 18}" text-anchor="end">{edges[-1]:.2f}</text>'
    )
    return _svg(columns + ends, HEIGHT + 24, what)


def _svg(inside: str, height: float, what: str) -> str:
    return (
        f'<p>{escape(what)}</p><svg viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" role="img" '
        f'aria-label="{escape(what)}" font-size="13" fill="currentColor">{inside}</svg>'
    )
