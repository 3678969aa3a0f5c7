"""Pages that are pictures as a PDF, byte for byte the JPEGs that they came as, with the facts as XMP."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version

from tasks.marks.facts import MarkFacts
from tasks.marks.xmp import xmp_document

A4 = (595.28, 841.89)  # points
MADE = datetime(2026, 1, 1, tzinfo=UTC)  # the same content gives the same file


def sheet_pdf(pages: Sequence[bytes], facts: MarkFacts | None) -> bytes:
    """One page of A4 for each JPEG."""
    from fpdf import FPDF  # noqa: PLC0415 - half a second, which only those that ask for a sheet shall wait

    pdf = FPDF(unit="pt", format=A4)
    pdf.set_creation_date(MADE)
    pdf.set_producer(f"Storykin {version('storykin')}")
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    for page in pages:
        pdf.add_page()
        pdf.image(io.BytesIO(page), 0, 0, *A4)
    if facts is not None:
        pdf.set_xmp_metadata(xmp_document(facts))
    return bytes(pdf.output())
