"""The certificate as a PDF: its parts are where its table says, and its words can be read in it."""

import re
from typing import Any

from tasks.erasure.certificate_pdf import certificate_pdf


def a_certificate(objects: int) -> dict[str, Any]:
    names = ("id", "character", "installation", "asked_at", "erased_at", "software", "reason", "asked_by")
    return {
        **{name: f"the {name}" for name in names},
        "deleted": {
            "rows": {"events": 3},
            "objects": [{"kind": "photo", "sha256": "a" * 64, "bytes": 123}] * objects,
        },
        "kept": {"canon": [], "calls": 2, "spent_microusd": 1234, "why": "(for the books)"},
        "providers": [{"id": "replicate", "name": "Replicate", "claim": "An hour."}],
        "database": "overwritten",
        "orchestration": "told",
        "backups": "none",
        "digest": "d" * 64,
    }


def test_every_part_is_where_the_table_says_on_as_many_pages_as_it_takes() -> None:
    document = certificate_pdf(a_certificate(80))
    table = re.search(rb"startxref\n(\d+)\n%%EOF\n$", document)
    assert table is not None and document[int(table[1]) :].startswith(b"xref\n")
    for number, place in enumerate(re.findall(rb"(\d{10}) 00000 n", document), 1):
        assert document[int(place) :].startswith(b"%d 0 obj\n" % number)
    assert document.count(b"/Type /Page ") > 1
    for length, content in re.findall(rb"<< /Length (\d+) >>\nstream\n(.*?)\nendstream", document, re.DOTALL):
        assert int(length) == len(content)


def test_it_says_what_the_certificate_says() -> None:
    document = certificate_pdf(a_certificate(1))
    for told in (b"the character", b"Replicate: An hour.", b"a" * 64, b"d" * 64, rb"\(for the books\)"):
        assert told in document
    assert certificate_pdf(a_certificate(1)) == document
