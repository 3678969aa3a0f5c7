"""Every file below a folder in which others work: what vanishes meanwhile is passed over."""

import os
from collections.abc import Iterator
from pathlib import Path


def files_below(folder: Path) -> Iterator[Path]:
    """The files of `folder` and of every folder in it; none where it is not there.

    `Path.rglob` raises where a folder goes away between its being listed and being read; `os.walk` goes on.
    A file may be gone, too, by the time that it is opened.
    """
    for place, _, names in os.walk(folder):
        yield from (Path(place, name) for name in names)
