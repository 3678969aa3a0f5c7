"""The certificate as a PDF: its words, as another library reads them."""

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pypdf
import pytest

from db.models import ErasureReason
from db.repositories import erasures
from tasks.erasure import certificate
from tasks.erasure.ask import ask_erasure
from tasks.erasure.certificate_german import in_german
from tasks.erasure.certificate_pdf import certificate_pdf
from tasks.erasure.job import Elsewhere, finish_erasures
from tasks.providers.specs import all_specs
from tests.support.runtimes import new_character, open_runtime


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


def read(document: bytes) -> tuple[int, str]:
    """Pages, and their words without what breaks lines."""
    content = pypdf.PdfReader(io.BytesIO(document))
    return len(content.pages), " ".join(" ".join(page.extract_text() for page in content.pages).split())


@pytest.mark.parametrize("language", ["en", "de"])
def test_it_says_what_the_certificate_says(language: str) -> None:
    document = certificate_pdf(a_certificate(1), language)
    pages, words = read(document)
    assert pages == 1
    for told in ("the character", "An hour.", "a" * 64, "d" * 64, "(for the books)"):
        assert told in words
    assert ("Löschbescheinigung" in words) is (language == "de")
    assert certificate_pdf(a_certificate(1), language) == document


def test_many_objects_go_on_over_as_many_pages_as_it_takes() -> None:
    pages, words = read(certificate_pdf(a_certificate(120)))
    assert pages > 1 and words.count("a" * 64) == 120
    assert f"Page {pages} of {pages}" in words


def test_a_letter_that_no_font_has_is_no_error() -> None:
    assert certificate_pdf(a_certificate(1) | {"software": "妈妈"}).startswith(b"%PDF-")


def test_every_sentence_that_is_sealed_is_shown_in_german(
    tmp_path: Path, migrated_record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_runtime(tmp_path, migrated_record) as runtime:
        character_id = new_character(runtime)
        ask_erasure(runtime, character_id=character_id, by=None)
        finish_erasures(runtime, Elsewhere())
        with runtime.record.reading() as session:
            job = erasures.of_character(session, character_id)
    sealed = [certificate._SQLITE, certificate._SERVER, certificate.AT_HOME, certificate.NOT_KNOWN]
    sealed += [each.keeps for each in all_specs().values() if each.keeps]
    sealed += [each.value for each in ErasureReason]
    assert job and job.certificate
    sealed += [job.certificate["orchestration"], job.certificate["kept"]["why"]]
    sealed += [each["kind"] for each in job.certificate["deleted"]["objects"]]
    for keep in ("", "folder"):
        monkeypatch.setattr(certificate, "backup_settings", lambda to=keep: SimpleNamespace(to=to, keep=9))
        sealed.append(certificate._backups())
    assert [each for each in sealed if in_german(each) == each] == []
    assert "9 Tage lang" in in_german(sealed[-1])
    _pages, words = read(certificate_pdf(job.certificate, "de"))
    assert "erased" not in words and "deleted" not in words and job.certificate["digest"] in words
