"""Access: everything that is kept of a person, as files that anybody can read, for the person concerned."""

import io
import json
import zipfile
from typing import Any

from db.audit.acts import AuditAct
from db.audit.append import append
from db.repositories import characters, erasing
from tasks.consent.record import consents_shown
from tasks.errors import StoreError
from tasks.marks.outgoing import marked_asset
from tasks.runtime import Runtime
from tasks.storage.verified_bytes import verified_bytes

EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a ZIP: the same content gives the same file
README = """This is what Storykin keeps of one person.

record.json      every row of the database that is about them, by table
consents.json    what was consented to, in the words that were shown, by whom and when
photo/           the photo that the pictures were made from
pictures/        every picture that was made, rejected ones too; each says in itself that a machine made it,
                 so its digest is another than that of the bytes that are kept
missing.txt      (only if need be) what the database names and the store does not have
"""


def access_archive(
    runtime: Runtime, *, character_id: str, by: str | None = None, via: str = "operator"
) -> bytes:
    """A ZIP file with everything that is kept of a character; entered in the audit log. NotFound."""
    with runtime.record.reading() as session:
        character = characters.get(session, character_id)
        rows = erasing.rows_of(session, character)
        theirs = erasing.find(session, character, keep_canon=False)
    consents = [_plain(vars(each)) for each in consents_shown(runtime, character_id=character_id)]
    file, missing = io.BytesIO(), []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "README.txt", README.encode())
        _add(archive, "record.json", _json(rows))
        _add(archive, "consents.json", _json(consents))
        for each in theirs.objects:
            folder = "photo" if each.kind == "photo" else "pictures"
            name = f"{folder}/{each.asset_id}.{each.key.rpartition('.')[2]}"
            try:
                kept = verified_bytes(runtime, each.key)
                leaving = kept if each.kind == "photo" else marked_asset(runtime, each.asset_id, kept)
                _add(archive, name, leaving)
            except StoreError as error:
                missing.append(f"{name}: {error.sentence}")
        if missing:
            _add(archive, "missing.txt", "\n".join(missing).encode())
    with runtime.record.writing() as session:
        append(session, AuditAct.ACCESS_EXPORTED, by=by, via=via, what=character_id)
    return file.getvalue()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    about = zipfile.ZipInfo(name, EARLIEST)
    about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
    archive.writestr(about, data)


def _json(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False, indent=2, default=str).encode()


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in told.items()}
