"""`storykin access`: everything that is kept of a person, in one file for that person."""

import os
from pathlib import Path

from db.audit.append import COMMAND_LINE
from db.engine import record
from db.record_state import require_current
from db.repositories import characters
from tasks.erasure.access import access_archive
from tasks.errors import UsageError
from tasks.runtime import current_runtime

DONE = 0


def access(beginning: str, out: str) -> int:
    """Write the ZIP file; only its owner can read it."""
    require_current()
    with record().reading() as session:
        character_id = characters.by_beginning(session, beginning).id
    data = access_archive(current_runtime(), character_id=character_id, via=COMMAND_LINE)
    try:
        handle = os.open(Path(out), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError("There is such a file already. Name another one.", code="file_exists") from None
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    print(f"Written: {out}")
    return DONE
