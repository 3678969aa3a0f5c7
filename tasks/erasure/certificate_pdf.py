"""The certificate as a PDF: plain text in one of the fonts that every reader has, page by page.

It holds ids, digests and our own sentences, so Latin letters are all it needs.
"""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

WIDTH, HEIGHT, MARGIN = 595, 842, 56  # A4, in points
LEADING, SIZE, TITLE_SIZE = 13, 9.5, 16
COLUMNS = 94  # signs a line, in Courier at SIZE
LINES = (HEIGHT - 2 * MARGIN) // LEADING
TITLE = "Certificate of erasure"


def certificate_pdf(certificate: Mapping[str, Any]) -> bytes:
    """The certificate as a PDF document; the same certificate gives the same bytes."""
    lines = [line for told in _told(certificate) for line in (textwrap.wrap(told, COLUMNS) or [""])]
    first = LINES - 3
    pages = [lines[:first], *(lines[at : at + LINES] for at in range(first, len(lines), LINES))]
    return _document([_content(page, titled=number == 0) for number, page in enumerate(pages)])


def _told(told: Mapping[str, Any]) -> Iterator[str]:
    yield f"Certificate      {told['id']}"
    yield f"Character        {told['character']}"
    yield f"Installation     {told['installation']}"
    yield f"Asked for        {told['asked_at']}, reason: {told['reason']}"
    yield f"By               {told['asked_by'] or 'the operator of this installation'}"
    yield f"Done             {told['erased_at']}"
    yield f"Software         {told['software']}"
    yield ""
    yield "DELETED"
    for table, count in told["deleted"]["rows"].items():
        yield f"  {count} rows of {table}"
    yield from _objects(told["deleted"]["objects"])
    yield ""
    yield "KEPT"
    yield from _objects(told["kept"]["canon"])
    yield f"  {told['kept']['calls']} calls that cost {told['kept']['spent_microusd'] / 1e6:.6f} USD."
    yield f"  {told['kept']['why']}"
    yield ""
    yield "COPIES ELSEWHERE"
    for each in told["providers"]:
        yield f"  {each['name']}: {each['claim']}"
    if not told["providers"]:
        yield "  No provider was given anything."
    for part in ("database", "orchestration", "backups"):
        yield ""
        yield f"{part.upper()}: {told[part]}"
    yield ""
    yield f"SHA-256 of this certificate: {told['digest']}"


def _objects(objects: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for each in objects:
        yield f"  {each['kind']}, {each['bytes']} bytes, SHA-256 {each['sha256']}"


def _content(lines: Sequence[str], *, titled: bool) -> bytes:
    top = HEIGHT - MARGIN - TITLE_SIZE
    words = [f"BT /T {TITLE_SIZE} Tf {MARGIN} {top} Td ({_escaped(TITLE)}) Tj ET"] if titled else []
    start = top - 3 * LEADING if titled else HEIGHT - MARGIN - LEADING
    words.append(f"BT /F {SIZE} Tf {LEADING} TL {MARGIN} {start} Td")
    words += [f"({_escaped(line)}) Tj T*" for line in lines]
    return "\n".join([*words, "ET"]).encode("cp1252", "replace")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _document(contents: Sequence[bytes]) -> bytes:
    """Objects 1 to 4 are the catalogue, the pages and the fonts; then a page and its content by turns."""
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(contents)))
    encoded = "/Encoding /WinAnsiEncoding"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en) >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>".encode(),
        f"<< /Type /Font /Subtype /Type1 /BaseFont /Courier {encoded} >>".encode(),
        f"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold {encoded} >>".encode(),
    ]
    for number, content in enumerate(contents):
        fonts = "/Resources << /Font << /F 3 0 R /T 4 0 R >> >>"
        page = f"/MediaBox [0 0 {WIDTH} {HEIGHT}] {fonts} /Contents {6 + 2 * number} 0 R"
        objects.append(f"<< /Type /Page /Parent 2 0 R {page} >>".encode())
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)
