"""Every picture file that leaves is marked, whichever way it takes; c2pa's own reader says so."""

import ast
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import c2pa
import pytest
from fastapi import FastAPI
from PIL import Image
from starlette.testclient import TestClient

from db.repositories import images
from tasks.erasure.access import access_archive
from tasks.giving.archive import Selection, open_archive
from tasks.giving.contact_sheet import SheetFormat, contact_sheet
from tasks.giving.outgoing import outgoing_picture
from tasks.marks.identity import mark_identity
from tasks.marks.settings import mark_settings
from tasks.marks.time_stamps import NoStamp, waiting
from tests.support.studio import StandInStudio
from ui.cli import main
from ui.handlers.detail import character_page
from ui.handlers.downloads import SHEET_FONTS, picture_download
from ui.routes.downloads import downloads_router

ROOT = Path(__file__).resolve().parents[3]
TYPES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}
XMP = b"digitalsourcetype/"

# Who takes a picture's bytes out of the store, and why that is no way out of the house. Whoever is new here
# asks `tasks.giving.outgoing` instead, or is a way out without marks.
READERS = {
    "ui/eye_places.py": "looks where the eyes are",
    "ui/handlers/start.py": "an upload, to be looked at",
    "ui/links.py": "signs the addresses of the two below",
    "ui/routes/media.py": "photos and what is held back, on the studio's own screen, for minutes",
    "ui/routes/proof.py": "the parent's own photo, beside pictures that come by the door",
    "ui/routes/scaled.py": "the studio's own screen, scaled down",
    "tasks/giving/kept_scaled.py": "scaled down for the studio's own screen, and kept",
    "tasks/giving/outgoing.py": "the door itself",
    "tasks/erasure/access.py": "marks what it reads",
    "tasks/erasure/notes.py": "notes of erasures, no pictures",
}


def is_marked(data: bytes) -> bool:
    content_type = next(kind for start, kind in TYPES.items() if data.startswith(start))
    settings = {
        "verify": {"remote_manifest_fetch": False},
        "trust": {"trust_anchors": mark_identity().chain_pem.decode()},
    }
    context = c2pa.Context(c2pa.Settings.from_dict(settings))
    reader = c2pa.Reader.try_create(content_type, io.BytesIO(data), context=context)
    return reader is not None and str(reader.get_validation_state()) == "Trusted" and XMP in data


def zipped(data: bytes, folder: str = "") -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if name.startswith(folder) and name.endswith((".png", ".jpg", ".webp")):
                yield archive.read(name)


def pages_of(pdf: bytes) -> list[bytes]:
    assert XMP in pdf
    starts = [each.start() for each in re.finditer(rb"\xff\xd8\xff\xe0", pdf)]
    return [pdf[at : pdf.index(b"\nendstream", at)] for at in starts]


def by_show(studio: StandInStudio, character_id: str, out: Path) -> list[bytes]:
    assert main(["show", character_id, "--json", "--out", str(out)]) == 0
    return [each.read_bytes() for each in out.iterdir()]


def by_zip(studio: StandInStudio, character_id: str, _out: Path) -> list[bytes]:
    pieces = open_archive(studio.services.runtime, Selection([character_id])).pieces
    return list(zipped(b"".join(pieces)))


def by_download(studio: StandInStudio, character_id: str, _out: Path) -> list[bytes]:
    with studio.services.record.reading() as session:
        ids = [each.image.id for each in images.of_character(session, character_id)]
    picture_download(studio.services, ids[0], "original", with_names=False)
    return [outgoing_picture(studio.services.runtime, each).data for each in ids]


def by_access(studio: StandInStudio, character_id: str, _out: Path) -> list[bytes]:
    return list(zipped(access_archive(studio.services.runtime, character_id=character_id), "pictures/"))


def by_sheet(studio: StandInStudio, character_id: str, _out: Path) -> list[bytes]:
    asked = Selection([character_id])
    return [contact_sheet(studio.services.runtime, asked, SheetFormat.PNG, SHEET_FONTS).data]


def by_pdf(studio: StandInStudio, character_id: str, _out: Path) -> list[bytes]:
    asked = Selection([character_id])
    return pages_of(contact_sheet(studio.services.runtime, asked, SheetFormat.PDF, SHEET_FONTS).data)


def by_full_view(studio: StandInStudio, character_id: str, _out: Path) -> list[bytes]:
    page = character_page(studio.services, character_id)
    app = FastAPI()
    app.include_router(downloads_router(studio.services))
    with TestClient(app) as client:
        shown = [client.get(each.original_url) for each in page.pictures]
        stranger = re.sub("s=.*", "s=x", page.pictures[0].original_url)
        assert client.get(stranger).status_code == 403
    assert all("private" in each.headers["cache-control"] for each in shown)
    return [each.content for each in shown]


Way = Callable[[StandInStudio, str, Path], list[bytes]]


WAYS: list[Way] = [by_show, by_zip, by_download, by_full_view, by_access, by_sheet, by_pdf]


@pytest.mark.parametrize("way", WAYS)
def test_what_leaves_is_marked(studio: StandInStudio, tmp_path: Path, way: Way) -> None:
    files = way(studio, studio.character(styles=("watercolor", "anime")), tmp_path / "out")
    assert files and all(map(is_marked, files))
    for each in files:
        Image.open(io.BytesIO(each)).load()


def test_archives_and_sheets_wait_for_no_time_stamp(
    studio: StandInStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def never(url: str, _content: bytes) -> bytes:
        asked.append(url)
        raise NoStamp("away")

    monkeypatch.setattr("tasks.marks.time_stamps.ask", never)
    monkeypatch.setattr("tasks.marks.time_stamps._failed.until", 0.0)
    monkeypatch.setenv("STORYKIN_TIME_AUTHORITY", "http://127.0.0.1:9/stamp")
    mark_settings.cache_clear()
    character_id = studio.character(styles=("anime",))
    try:
        for way in (by_zip, by_access, by_pdf):
            assert way(studio, character_id, tmp_path)
        assert not asked
        assert len(list(waiting(studio.services.store))) > 1  # the picture, and a page
        by_download(studio, character_id, tmp_path)
        assert len(asked) == 1
    finally:
        mark_settings.cache_clear()


def test_the_file_as_it_is_kept_would_not_pass(studio: StandInStudio) -> None:
    studio.character()
    (kept, *_) = (each for each in studio.services.store.iterate("pictures/"))
    assert not is_marked(studio.services.store.get(kept.key))


def reads_the_store(file: Path) -> bool:
    for node in ast.walk(ast.parse(file.read_text())):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called.endswith(("verified_bytes", "store.get", "kept.get", "store.presign_get")):
            return True
    return False


def test_nobody_else_gives_out_what_the_store_holds() -> None:
    rooms = ("ui", "tasks/giving", "tasks/erasure")
    files = [file for room in rooms for file in sorted((ROOT / room).rglob("*.py"))]
    found = {str(file.relative_to(ROOT)) for file in files if reads_the_store(file)}
    assert found - READERS.keys() == set(), "a way out that does not go through tasks.giving.outgoing"
