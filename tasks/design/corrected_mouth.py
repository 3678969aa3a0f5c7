"""What a person says a face does, put into the mesh of its mouth."""

from dataclasses import dataclass, replace

import numpy as np

from tasks.design.head.context import HeadContext
from tasks.face_mesh import (
    LIPS,
    LOWER_LIP_BOTTOM,
    LOWER_LIP_EDGE,
    LOWER_LIP_INNER_EDGE,
    MOUTH_BOTTOM,
    MOUTH_CORNERS,
    MOUTH_TOP,
    UPPER_LIP_EDGE,
    UPPER_LIP_INNER_EDGE,
)
from tasks.perception.analysis import Reading
from tasks.perception.character_sheet import CharacterSheet

_LOWER = frozenset((*LOWER_LIP_EDGE, *LOWER_LIP_INNER_EDGE, MOUTH_BOTTOM, LOWER_LIP_BOTTOM)) - frozenset(
    MOUTH_CORNERS
)
_MOUTH = sorted({*LIPS, *UPPER_LIP_EDGE, *UPPER_LIP_INNER_EDGE, *_LOWER, MOUTH_TOP, *MOUTH_CORNERS})
_JAW = 0.8  # of an opening that the lower lip makes


@dataclass(frozen=True)
class _Mouth:
    """Head units: its corners above its middle, how far it is open; its width over a calm one."""

    lift: float
    gap: float
    wide: float


_DOES = {
    "serious": _Mouth(-1.6, 0.4, 0.97),
    "neutral": _Mouth(0.0, 0.4, 1.0),
    "smiling": _Mouth(3.6, 0.8, 1.12),
    "laughing": _Mouth(4.6, 9.0, 1.18),
}
_CALM_WIDTH = 0.42  # of a face's width: a mouth that does nothing


def with_expression(sheet: CharacterSheet, word: str) -> CharacterSheet:
    """The sheet whose mouth does that; the same one where the word is none that is known, or it is hidden."""
    wanted = _DOES.get(word)
    context = HeadContext(sheet, 0)
    if wanted is None or context.mouth_hidden:
        return sheet
    mesh, across, down = sheet.mesh.copy(), context.across, context.down
    middle = (mesh[MOUTH_TOP] + mesh[MOUTH_BOTTOM]) / 2
    corners = mesh[list(MOUTH_CORNERS)] - middle
    half = float(np.abs(corners @ across).mean())
    lift = -float((corners @ down).mean())
    gap = float(np.linalg.norm(mesh[MOUTH_TOP] - mesh[MOUTH_BOTTOM]))
    wider = wanted.wide * _CALM_WIDTH * context.width / 2 / half
    for index in _MOUTH:
        sideways = float((mesh[index] - middle) @ across)
        outer = min(1.0, (sideways / half) ** 2)
        opened = (wanted.gap - gap) * (1 - outer)
        lower = index in _LOWER
        by = (_JAW * opened if lower else (_JAW - 1) * opened) - (wanted.lift - lift) * outer
        mesh[index] += by * down + (wider - 1) * sideways * across
    told = replace(sheet.traits, expression=Reading(word, 1.0))
    return replace(sheet, mesh=mesh, traits=told)
