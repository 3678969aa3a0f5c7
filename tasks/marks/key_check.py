"""Whether the keys of this data folder are those that the pictures on record were marked with."""

from pathlib import Path

from db.engine import Record
from db.repositories import marks
from tasks.marks.facts import hex_of, mark_id_of
from tasks.marks.identity import FOLDER, SECRET_FILE

OTHER_KEYS = (
    "Pictures left with marks of other keys than those in this data folder (marks/ in STORYKIN_HOME). Until "
    "that folder is put back, `storykin verify` does not know those pictures again, and what leaves from now "
    "on bears another certificate. Copy the folder from where Storykin ran before; if it is lost, nothing "
    "else is."
)


def has_their_keys(record: Record, home: Path) -> bool:
    """False where pictures were marked with a key that is not here. Makes no key. Raises RecordError."""
    with record.reading() as session:
        newest = marks.newest(session)
    if newest is None:
        return True
    try:
        secret = (home / FOLDER / SECRET_FILE).read_bytes()
    except OSError:
        return False
    mark, sha256 = newest
    return hex_of(mark_id_of(sha256, secret)) == mark
