"""Contact sheets: many pictures on pages, each with who and what below, as PDF or PNG."""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

from db.repositories.images import Variant
from db.told import told
from tasks.errors import StoreError, UsageError
from tasks.giving.archive import Selection, chosen, every_gathered
from tasks.giving.file_names import character_name
from tasks.giving.lineage import Gathered, title_of
from tasks.giving.outgoing import OutgoingFile, outgoing_bytes, outgoing_file
from tasks.giving.sheet_fonts import SheetFonts
from tasks.giving.sheet_pdf import sheet_pdf
from tasks.marks.facts import MarkFacts
from tasks.marks.outgoing import marked_page, sheet_facts
from tasks.storage.binding import RecordAndStore

DPI = 200
PAGE = (1654, 2339)  # A4 upright at 200 dpi
MARGIN, GAP, HEADING, CAPTION = 100, 40, 130, 84
COLUMNS, ROWS = 3, 3
CELL = (PAGE[0] - 2 * MARGIN - (COLUMNS - 1) * GAP) // COLUMNS
PICTURE_HEIGHT = CELL * 5 // 4
MOST = {"pdf": 360, "png": 36}  # pictures; a page of a PDF is 11 MB of memory until it is written
PAPER, INK, SOFT = "#ffffff", "#2b2622", "#6b625a"


class SheetFormat(StrEnum):
    """What a contact sheet can be written as."""

    PDF = "pdf"
    PNG = "png"


@dataclass(frozen=True)
class _Shown:
    variant: Variant
    picture: Image.Image
    title: str
    who: str


def contact_sheet(
    pair: RecordAndStore, selection: Selection, form: SheetFormat, fonts: Sequence[Path]
) -> OutgoingFile:
    """The selection's pictures on pages of A4, nine to each; a PNG is one long page.

    Raises UsageError: `nothing_to_export`, or `sheet_too_long` above MOST. StoreError: the store is away.
    """
    words, small = SheetFonts(fonts, 30), SheetFonts(fonts, 24)
    most = MOST[form.value]
    shown = list(islice(_shown(pair, selection, words), most + 1))
    if not shown:
        raise UsageError("There is no picture to export yet.", code="nothing_to_export")
    if len(shown) > most:
        raise UsageError(
            told(
                "A contact sheet as %(form)s has room for %(most)s pictures. Choose fewer characters, "
                "or their favourites alone.",
                form=form.value.upper(),
                most=most,
            ),
            code="sheet_too_long",
        )
    heading = SheetFonts(fonts, 46)
    title = shown[0].who if len(selection.character_ids) == 1 else "Contact sheet"
    per_page = COLUMNS * ROWS if form is SheetFormat.PDF else len(shown)
    facts = sheet_facts(pair, [each.variant for each in shown])
    pages = [
        _page(part, title, number, (heading, words, small), long=form is SheetFormat.PNG)
        for number, part in enumerate(_parts(shown, per_page), start=1)
    ]
    if form is SheetFormat.PNG:
        return outgoing_file(_signed(pair, pages[0], "PNG", facts), "image/png")
    return outgoing_file(
        sheet_pdf([_signed(pair, page, "JPEG", facts) for page in pages], facts), "application/pdf"
    )


def _signed(pair: RecordAndStore, page: Image.Image, kind: str, facts: MarkFacts | None) -> bytes:
    """A page as a picture with content credentials of its own: a PDF's pages are taken out of it at times."""
    stream = io.BytesIO()
    page.save(stream, kind, dpi=(DPI, DPI), **({"quality": 90} if kind == "JPEG" else {}))
    return marked_page(pair, stream.getvalue(), f"image/{kind.lower()}", facts)


def _shown(pair: RecordAndStore, selection: Selection, fonts: SheetFonts) -> Iterator[_Shown]:
    for known in every_gathered(pair, selection):
        who = _who(known, selection, fonts)
        for variant in chosen(known, selection):
            try:
                file = outgoing_bytes(pair, variant, one_of_many=True)
            except StoreError as error:
                if error.code not in ("object_missing", "store_damaged"):
                    raise
                continue
            with Image.open(io.BytesIO(file.data), formats=["PNG", "JPEG", "WEBP", "AVIF"]) as picture:
                small = ImageOps.contain(picture.convert("RGB"), (CELL, PICTURE_HEIGHT))
            star = "favourite" if variant.image.is_selected else ""
            yield _Shown(variant, small, " · ".join(filter(None, (title_of(variant), star))), who)


def _who(known: Gathered, selection: Selection, fonts: SheetFonts) -> str:
    """The name, if wanted and if this machine has its letters; else the id's end, as files are called."""
    name = known.character.called
    if selection.with_names and fonts.has_all(name):
        return name
    return character_name(None, known.character.id)


def _parts(shown: Sequence[_Shown], size: int) -> Iterator[Sequence[_Shown]]:
    for first in range(0, len(shown), size):
        yield shown[first : first + size]


def _page(
    shown: Iterable[_Shown], title: str, number: int, fonts: tuple[SheetFonts, ...], *, long: bool
) -> Image.Image:
    heading, words, small = fonts
    cells = list(shown)
    step = PICTURE_HEIGHT + CAPTION + GAP // 2
    rows = -(-len(cells) // COLUMNS)
    height = 2 * MARGIN + HEADING + rows * step if long else PAGE[1]
    page = Image.new("RGB", (PAGE[0], height), PAPER)
    draw = ImageDraw.Draw(page)
    heading.write(draw, (MARGIN, MARGIN + 46), title, INK, PAGE[0] - 2 * MARGIN - 160)
    if not long:
        small.write(draw, (PAGE[0] - MARGIN - 120, MARGIN + 46), f"page {number}", SOFT, 120)
    for place, each in enumerate(cells):
        x = MARGIN + place % COLUMNS * (CELL + GAP)
        y = MARGIN + HEADING + place // COLUMNS * step
        page.paste(each.picture, (x + (CELL - each.picture.width) // 2, y))
        words.write(draw, (x, y + PICTURE_HEIGHT + 38), each.title, INK, CELL)
        small.write(draw, (x, y + PICTURE_HEIGHT + 70), each.who, SOFT, CELL)
    return page
