"""Who was erased, kept beside the generations: a backup from before must not bring anybody back.

The notes are the store's own (`tasks.erasure.notes`). They outlive the generations, and hold no name.
"""

import hashlib

from tasks.backup.settings import backup_settings
from tasks.backup.target import target_at
from tasks.backup.vault import HEADER, Vault, open_vault
from tasks.erasure.notes import NOTES, ErasureNote, packed, unpacked, write_note
from tasks.providers.protocols import Store


def keep_notes(vault: Vault, store: Store) -> int:
    """Take the notes of the store along; how many there are."""
    notes = [store.get(found.key) for found in list(store.iterate(NOTES))]
    for note in notes:
        vault.keep_note(hashlib.sha256(note).hexdigest(), note)
    return len(notes)


def bring_notes(vault: Vault, store: Store) -> int:
    """Put the notes into a store that is restored; how many there are."""
    notes = vault.notes()
    for note in notes:
        write_note(store, unpacked(note))
    return len(notes)


def note_in_daily_backup(note: ErasureNote) -> None:
    """Tell the place of the daily backups at once. Raises BackupError while that is away."""
    chosen = backup_settings()
    if not chosen.to:
        return
    target = target_at(chosen.to)
    if target.size(HEADER) is None:  # none was made yet, so there is nobody in it
        return
    data = packed(note)
    vault = open_vault(target, chosen.key.get_secret_value())
    vault.keep_note(hashlib.sha256(data).hexdigest(), data)
