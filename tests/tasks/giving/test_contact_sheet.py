"""Contact sheets, opened as anyone would."""

import io
import re

import pytest
from PIL import Image

from tasks.errors import UsageError
from tasks.giving import contact_sheet as sheets
from tasks.giving.archive import Selection
from tasks.giving.contact_sheet import SheetFormat, contact_sheet
from tasks.giving.sheet_fonts import SheetFonts
from tests.support.studio import StandInStudio
from ui.views.page import STATIC

FONTS = [STATIC / "fonts" / "figtree-latin.woff2", STATIC / "fonts" / "figtree-latin-ext.woff2"]
STYLES = ("watercolor", "storybook", "anime", "flat", "colored-pencil")


def test_a_pdf_has_a_page_for_every_nine_pictures(studio: StandInStudio) -> None:
    ids = [studio.character(name=name, styles=STYLES) for name in ("Maya", "Łucja")]
    file = contact_sheet(studio.services.runtime, Selection(ids), SheetFormat.PDF, FONTS)
    assert (file.content_type, file.extension) == ("application/pdf", "pdf")
    assert file.data.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", file.data)) == 2


def test_a_png_shows_the_pictures(studio: StandInStudio) -> None:
    one = studio.character()
    file = contact_sheet(studio.services.runtime, Selection([one]), SheetFormat.PNG, FONTS)
    page = Image.open(io.BytesIO(file.data))
    assert page.width == 1654
    at = (sheets.MARGIN + sheets.CELL // 2, sheets.MARGIN + sheets.HEADING + sheets.PICTURE_HEIGHT // 2)
    assert page.getpixel(at) != (255, 255, 255)


def test_without_names_the_sheet_is_another(studio: StandInStudio) -> None:
    one = studio.character(name="Maya")
    runtime = studio.services.runtime
    named = contact_sheet(runtime, Selection([one]), SheetFormat.PNG, FONTS)
    unnamed = contact_sheet(runtime, Selection([one], with_names=False), SheetFormat.PNG, FONTS)
    assert named.data != unnamed.data


def test_too_many_pictures_are_refused_in_words(
    studio: StandInStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sheets.MOST, "png", 1)
    with pytest.raises(UsageError, match="room for 1"):
        contact_sheet(studio.services.runtime, Selection([studio.character()]), SheetFormat.PNG, FONTS)


def test_letters_that_no_font_has_are_known() -> None:
    fonts = SheetFonts(FONTS, 20)
    assert fonts.has_all("Zoë Łucja")
    assert not fonts.has_all("\U0010fffd")
