"""Letters for contact sheets: of our fonts where they have the sign, else of one that fontconfig finds."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from PIL import ImageFont
from PIL.ImageDraw import ImageDraw
from PIL.ImageFont import FreeTypeFont

_NO_SIGN = "\uffff"  # never a sign: every font draws its "missing" box for it


@dataclass
class SheetFonts:
    """Fonts at one size in pixels, asked in order for every sign of a text."""

    files: Sequence[Path]
    size: int
    _opened: dict[str, FreeTypeFont] = field(default_factory=dict)
    _by_sign: dict[str, FreeTypeFont | None] = field(default_factory=dict)

    def has_all(self, text: str) -> bool:
        """Whether every sign of `text` can be written."""
        return all(self._of(sign) is not None for sign in text)

    def write(self, draw: ImageDraw, place: tuple[float, float], text: str, color: str, width: int) -> None:
        """Write `text` at `place` (left, baseline), cut with an ellipsis where it is wider than `width`."""
        shown = text
        while shown and self._width(shown if shown == text else f"{shown}…") > width:
            shown = shown[:-1]
        x = place[0]
        for font, run in self._runs(shown if shown == text else f"{shown.rstrip()}…"):
            draw.text((x, place[1]), run, fill=color, font=font, anchor="ls")
            x += font.getlength(run)

    def _width(self, text: str) -> float:
        return sum(font.getlength(run) for font, run in self._runs(text))

    def _runs(self, text: str) -> list[tuple[FreeTypeFont, str]]:
        usual = self._open(str(self.files[0]))
        signs = [(self._of(sign) or usual, sign) for sign in text]
        return [
            (font, "".join(sign for _, sign in group))
            for font, group in groupby(signs, key=lambda each: each[0])
        ]

    def _of(self, sign: str) -> FreeTypeFont | None:
        if sign not in self._by_sign:
            self._by_sign[sign] = self._find(sign)
        return self._by_sign[sign]

    def _find(self, sign: str) -> FreeTypeFont | None:
        for file in self.files:
            if _has(self._open(str(file)), sign):
                return self._open(str(file))
        found = _of_the_machine(sign)
        if found and _has(self._open(found), sign):
            return self._open(found)
        return None

    def _open(self, file: str) -> FreeTypeFont:
        if file not in self._opened:
            self._opened[file] = ImageFont.truetype(file, self.size)
        return self._opened[file]


def _has(font: FreeTypeFont, sign: str) -> bool:
    if sign.isspace():
        return True
    drawn, missing = font.getmask(sign), font.getmask(_NO_SIGN)
    return (drawn.size, bytes(drawn)) != (missing.size, bytes(missing)) and drawn.size[0] > 0


def _of_the_machine(sign: str) -> str:
    command = ["fc-match", "-f", "%{file}", f"sans:charset={ord(sign):x}"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=5, check=False).stdout  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
