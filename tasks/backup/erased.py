"""Who was erased and which consents were withdrawn, kept beside the generations: a backup from before must
not bring them back.

The notes are the store's own (`tasks.erasure.notes`, `tasks.consent.notes`). They outlive the generations,
and hold no name.
"""

import hashlib
import json
from collections.abc import Sequence

from tasks.backup.settings import backup_settings
from tasks.backup.target import target_at
from tasks.backup.vault import HEADER, Vault, open_vault
from tasks.consent.notes import NOTES as WITHDRAWN
from tasks.consent.notes import WithdrawalNote
from tasks.consent.notes import write_note as write_withdrawal
from tasks.erasure.notes import NOTES, ErasureNote, packed, unpacked, write_note
from tasks.providers.protocols import Store

PREFIXES = (NOTES, WITHDRAWN)


def keep_notes(vault: Vault, store: Store) -> int:
    """Take the notes of the store along; how many there are."""
    notes = [store.get(found.key) for prefix in PREFIXES for found in list(store.iterate(prefix))]
    for note in notes:
        vault.keep_note(hashlib.sha256(note).hexdigest(), note)
    return len(notes)


def bring_notes(vault: Vault, store: Store) -> int:
    """Put the notes into a store that is restored; how many there are."""
    notes = vault.notes()
    for note in notes:
        said = json.loads(note)
        if "consent_id" in said:
            write_withdrawal(store, WithdrawalNote(**said))
        else:
            write_note(store, unpacked(note))
    return len(notes)


def note_in_daily_backup(note: ErasureNote) -> None:
    """Tell the place of the daily backups at once. Raises BackupError while that is away."""
    keep_in_daily_backup([packed(note)])


def keep_in_daily_backup(notes: Sequence[bytes]) -> None:
    """Keep these notes at the place of the daily backups, if there is one. Raises BackupError."""
    chosen = backup_settings()
    if not chosen.to or not notes:
        return
    target = target_at(chosen.to)
    if target.size(HEADER) is None:  # none was made yet, so there is nobody in it
        return
    vault = open_vault(target, chosen.key.get_secret_value())
    for note in notes:
        vault.keep_note(hashlib.sha256(note).hexdigest(), note)
