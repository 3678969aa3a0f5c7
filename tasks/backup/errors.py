"""What can go wrong with a backup, each with what is still safe and what to do."""

from tasks.errors import StorykinError


class BackupError(StorykinError):
    """The backup could not be made, read or restored."""

    code = "backup"


class BackupBusy(BackupError):
    """Another backup to the same place is under way."""

    code = "backup_busy"


class BackupMissing(BackupError):
    """Something that a backup names is not there, or there is no backup at all."""

    code = "backup_missing"


class BackupDamaged(BackupError):
    """Something in the backup is not what was written."""

    code = "backup_damaged"


class WrongKey(BackupError):
    """The backup is encrypted with another key, or with one where none was given, or the other way round."""

    code = "backup_key"


class NotEmpty(BackupError):
    """There is something where a backup should be restored to."""

    code = "not_empty"
