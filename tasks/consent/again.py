"""What was withdrawn stays withdrawn, whichever database is restored: the notes and the record, both ways."""

from collections import defaultdict
from datetime import timedelta

from db.engine import Session
from db.log import Log
from db.repositories import characters, clock, consents
from tasks.backup.erased import keep_in_daily_backup
from tasks.consent.notes import WithdrawalNote, packed, read_notes, write_note
from tasks.consent.record import withdraw_noted
from tasks.storage.binding import RecordAndStore, require_bound

log = Log("consent")

_AT_ONCE = timedelta(days=2)  # older ones have come into the daily backup with the store's notes


def withdraw_again(runtime: RecordAndStore) -> int:
    """Withdraw what a note names and this database takes for given: it was restored from before; of how many
    characters. Raises StoreError.
    """
    noted: dict[str, set[str]] = defaultdict(set)
    for note in read_notes(runtime.store):
        noted[note.character_id].add(note.consent_id)
    with runtime.record.reading() as session:
        brought_back = [each for each in noted if _counts(session, each, noted[each])]
    if brought_back:
        require_bound(runtime, afresh=True)
    again = 0
    for character_id in brought_back:
        with runtime.record.writing() as session:
            done = withdraw_noted(session, character_id, noted[character_id])
        if done:
            log.warning("consent withdrawn again", character_id=character_id)
        again += done
    return again


def _counts(session: Session, character_id: str, withdrawn: set[str]) -> bool:
    """Whether one of these consents counts in this database; where none is on record, it may be the first."""
    given = consents.of_character(session, character_id)
    if not given:
        return characters.lives(session, character_id)
    return any(each.withdrawn_at is None and each.id in withdrawn for each in given)


def keep_withdrawals(runtime: RecordAndStore) -> int:
    """Housekeeping: withdraw again, then note what is not noted yet, for the store may have been away; how
    many consents were withdrawn again. Raises StoreError, BackupError.
    """
    again = withdraw_again(runtime)
    noted = set(read_notes(runtime.store))
    with runtime.record.reading() as session:
        recent = clock.now(session) - _AT_ONCE
        withdrawn = {
            WithdrawalNote(each.character_id, each.id): each.withdrawn_at
            for each in consents.withdrawn(session)
        }
    missing = sorted(withdrawn.keys() - noted)
    if missing:
        require_bound(runtime, afresh=True)
    for note in missing:
        write_note(runtime.store, note)
    keep_in_daily_backup([packed(each) for each, at in withdrawn.items() if at and at >= recent])
    return again
