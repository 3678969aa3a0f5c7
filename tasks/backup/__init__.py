"""Backup, restore, move: the record and the store as one consistent set, copied while they are in use."""
