"""The certificate as a PDF, to be read and filed: the same certificate gives the same bytes.

It holds ids, digests and our own sentences, so the fonts that every reader has are all it needs.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tasks.erasure.certificate_words import LANGUAGES, CertificateWords

if TYPE_CHECKING:
    from fpdf import FPDF

MARGIN, LINE = 20.0, 5.0  # millimetres
LABEL = 42.0  # width of the labels' column, millimetres
INK, SOFT, RULE = (33, 37, 41), (95, 102, 110), (205, 209, 214)
MADE = datetime(2026, 1, 1, tzinfo=UTC)  # for a certificate whose own time can't be read


def certificate_pdf(certificate: Mapping[str, Any], language: str = "en") -> bytes:
    """The certificate as a document of A4 pages, in English or German (`de`)."""
    words = LANGUAGES.get(language, LANGUAGES["en"])
    pdf = _document(certificate, words, language)
    pdf.add_page()
    _title(pdf, words)
    _facts(pdf, certificate, words)
    _deleted(pdf, certificate["deleted"], words)
    _kept(pdf, certificate["kept"], words)
    with _section(pdf, words.elsewhere):
        for each in certificate["providers"]:
            _labelled(pdf, each["name"], words.said(each["claim"]))
        if not certificate["providers"]:
            _paragraph(pdf, words.nobody)
        for label in ("database", "orchestration", "backups"):
            _labelled(pdf, getattr(words, label), words.said(certificate[label]))
    with _section(pdf, words.digest):
        _mono(pdf, certificate["digest"])
        _paragraph(pdf, words.how, soft=True)
    return bytes(pdf.output())


def _document(certificate: Mapping[str, Any], words: CertificateWords, language: str) -> "FPDF":
    from fpdf import FPDF  # noqa: PLC0415 - half a second, which only those that ask for one shall wait

    class Document(FPDF):
        def footer(self) -> None:
            self.set_y(-14)
            self.set_font("helvetica", size=8)
            self.set_text_color(*SOFT)
            self.cell(0, 5, str(certificate["id"]))
            self.cell(0, 5, words.page.format(number=self.page_no(), total="{nb}"), align="R")

    pdf = Document(format="A4")
    pdf.set_margin(MARGIN)
    pdf.set_auto_page_break(True, MARGIN)
    pdf.set_title(words.title)
    pdf.set_lang(language)
    pdf.set_producer(f"Storykin {version('storykin')}")
    pdf.set_creation_date(_time(certificate["erased_at"]))
    return pdf


def _time(told: str) -> datetime:
    try:
        return datetime.fromisoformat(told)
    except ValueError:
        return MADE


def _title(pdf: "FPDF", words: CertificateWords) -> None:
    pdf.set_text_color(*SOFT)
    pdf.set_font("helvetica", size=9)
    pdf.cell(0, 5, "Storykin", new_x="LMARGIN", new_y="NEXT")
    pdf.set_text_color(*INK)
    pdf.set_font("helvetica", "B", 20)
    pdf.cell(0, 12, words.title, new_x="LMARGIN", new_y="NEXT")
    pdf.ln(1)
    _paragraph(pdf, words.intro, soft=True)


def _facts(pdf: "FPDF", told: Mapping[str, Any], words: CertificateWords) -> None:
    pdf.ln(2)
    for label, value in (
        (words.certificate, told["id"]),
        (words.character, told["character"]),
        (words.installation, told["installation"] or ""),
        (words.asked, told["asked_at"]),
        (words.reason, words.said(told["reason"])),
        (words.by, told["asked_by"] or words.operator),
        (words.done, told["erased_at"]),
        (words.software, told["software"]),
    ):
        _labelled(pdf, label, str(value))


def _deleted(pdf: "FPDF", told: Mapping[str, Any], words: CertificateWords) -> None:
    with _section(pdf, words.deleted):
        rows = ", ".join(f"{table} {count}" for table, count in told["rows"].items())
        _labelled(pdf, words.rows, rows or words.nothing)
        _objects(pdf, told["objects"], words)


def _kept(pdf: "FPDF", told: Mapping[str, Any], words: CertificateWords) -> None:
    with _section(pdf, words.kept):
        _objects(pdf, told["canon"], words)
        cost = f"{told['spent_microusd'] / 1e6:.6f}"
        _paragraph(pdf, words.calls.format(count=told["calls"], cost=cost))
        _paragraph(pdf, words.said(told["why"]), soft=True)


def _objects(pdf: "FPDF", objects: Sequence[Mapping[str, Any]], words: CertificateWords) -> None:
    """Each with its digest, on one line; the headings again on every page."""
    if not objects:
        return
    pdf.ln(1)
    pdf.set_font("helvetica", size=8)
    pdf.set_draw_color(*RULE)
    with pdf.table(
        col_widths=(24, 20, 126),
        text_align=("LEFT", "RIGHT", "LEFT"),
        borders_layout="HORIZONTAL_LINES",
        line_height=LINE,
        padding=(0.6, 1.5),
    ) as table:
        table.row((words.kind, words.size, "SHA-256"))
        for each in objects:
            row = table.row()
            row.cell(words.said(str(each["kind"])))
            row.cell(str(each["bytes"]))
            pdf.set_font("courier", size=8)
            row.cell(str(each["sha256"]))
            pdf.set_font("helvetica", size=8)
    pdf.ln(2)


@contextmanager
def _section(pdf: "FPDF", title: str) -> Iterator[None]:
    pdf.ln(4)
    if pdf.will_page_break(4 * LINE):  # a heading at the foot of a page announces nothing
        pdf.add_page()
    pdf.set_draw_color(*RULE)
    pdf.line(pdf.l_margin, pdf.get_y(), pdf.w - pdf.r_margin, pdf.get_y())
    pdf.ln(2)
    pdf.set_text_color(*INK)
    pdf.set_font("helvetica", "B", 11)
    pdf.cell(0, 7, _latin(title), new_x="LMARGIN", new_y="NEXT")
    yield


def _labelled(pdf: "FPDF", label: str, value: str) -> None:
    pdf.set_font("helvetica", "B", 9)
    if pdf.will_page_break(LINE):
        pdf.add_page()
    pdf.set_text_color(*SOFT)
    pdf.cell(LABEL, LINE, _latin(label))
    pdf.set_text_color(*INK)
    pdf.set_font("helvetica", size=9)
    pdf.multi_cell(0, LINE, _latin(value), new_x="LMARGIN", new_y="NEXT", align="L")
    pdf.ln(0.8)


def _paragraph(pdf: "FPDF", words: str, *, soft: bool = False) -> None:
    pdf.set_text_color(*(SOFT if soft else INK))
    pdf.set_font("helvetica", size=9)
    pdf.multi_cell(0, LINE, _latin(words), new_x="LMARGIN", new_y="NEXT", align="L")
    pdf.set_text_color(*INK)


def _mono(pdf: "FPDF", words: str) -> None:
    pdf.set_text_color(*INK)
    pdf.set_font("courier", size=9)
    pdf.multi_cell(0, LINE, _latin(words), new_x="LMARGIN", new_y="NEXT")


def _latin(words: str) -> str:
    """What the fonts have no letter for is shown as a question mark, never an error."""
    return words.encode("cp1252", "replace").decode("cp1252")
