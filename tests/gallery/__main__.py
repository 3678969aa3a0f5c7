"""`make sheets`, `make calibrate` and the making of the decoys: the local engine over a folder of photos."""

import argparse
import sys
from pathlib import Path

from tasks.design.shapes import Framing
from tests.gallery.calibrate import calibrate
from tests.gallery.decoys import make_decoys
from tests.gallery.marks import measure_marks
from tests.gallery.sheets import make_sheets


def main() -> int:
    """Do what is asked for; the photos are only read."""
    parser = argparse.ArgumentParser(prog="python -m tests.gallery", description=__doc__)
    what = parser.add_subparsers(required=True)
    sheets = what.add_parser("sheets", help="contact sheets of a folder's photos in every style")
    sheets.add_argument("folder", type=Path)
    sheets.add_argument("out", type=Path)
    sheets.add_argument("--single", action="store_true", help="also each drawing by itself, at full size")
    sheets.set_defaults(
        run=lambda asked: make_sheets(asked.folder, asked.out, asked.framing, single=asked.single)
    )
    figures = what.add_parser("calibrate", help="figures and pass marks, by a folder's photos")
    figures.add_argument("folder", type=Path)
    figures.set_defaults(run=lambda asked: calibrate(asked.folder, asked.framing))
    for each in (sheets, figures):
        each.add_argument("--framing", type=Framing, choices=list(Framing), help="from designs, so framed")
    marks = what.add_parser("marks", help="how well the watermark is read on a folder's pictures")
    marks.add_argument("folder", type=Path)
    marks.set_defaults(run=lambda asked: measure_marks(asked.folder))
    decoys = what.add_parser("decoys", help="draw the strangers of the line-up anew")
    decoys.set_defaults(run=lambda _asked: make_decoys())
    asked = parser.parse_args()
    if "folder" in asked and not asked.folder.is_dir():
        parser.error(f"{asked.folder} is no folder of photos")
    return int(asked.run(asked))


if __name__ == "__main__":
    sys.exit(main())
