"""Where backups are kept: a folder or a bucket, behind one protocol."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from tasks.backup.settings import backup_account
from tasks.errors import UsageError


class BackupTarget(Protocol):
    """Named bytes, written once. Every method raises `tasks.backup.errors.BackupError` in words."""

    where: str  # for people; holds no secret

    def write(self, name: str, data: bytes) -> None:
        """Keep `data` durably and whole, or not at all. What is there already stays."""
        ...

    def read(self, name: str) -> bytes:
        """The bytes; BackupMissing when there are none."""
        ...

    def size(self, name: str) -> int | None:
        """How many bytes there are, or None."""
        ...

    def names(self, prefix: str) -> Iterator[str]:
        """Every name that begins with `prefix`, a folder with its slash or nothing, in order."""
        ...

    def delete(self, name: str) -> None:
        """Forget `name`; harmless when it isn't there."""
        ...

    def holding(self) -> AbstractContextManager[None]:
        """In this block nobody else backs up to here. BackupBusy when somebody does."""
        ...


def target_at(place: str) -> BackupTarget:
    """The target that a person named: a folder, or s3://bucket/path. UsageError when it is neither."""
    if not place.strip():
        raise UsageError(
            "Say where to: a folder, or s3://bucket/path. STORYKIN_BACKUP_TO can name it for good.",
            code="no_target",
        )
    if "://" not in place:
        from tasks.providers.backup.disk import DiskTarget  # noqa: PLC0415

        return DiskTarget(Path(place).expanduser().absolute())
    return _bucket(place)


def _bucket(place: str) -> BackupTarget:
    from tasks.providers.backup.s3 import S3Target  # noqa: PLC0415 - boto3 is slow to import

    parts = urlsplit(place)
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment or parts.username:
        raise UsageError("A backup goes to a folder, or to s3://bucket/path.", code="bad_target")
    chosen = backup_account()
    needed = {
        "STORYKIN_BACKUP_S3_ENDPOINT_URL": chosen.endpoint_url,
        "STORYKIN_BACKUP_S3_ACCESS_KEY_ID": chosen.access_key_id.get_secret_value(),
        "STORYKIN_BACKUP_S3_SECRET_ACCESS_KEY": chosen.secret_access_key.get_secret_value(),
    }
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise UsageError(f"A backup to a bucket also needs {', '.join(missing)}.", code="bad_settings")
    return S3Target(
        endpoint_url=chosen.endpoint_url,
        bucket=parts.netloc,
        prefix=parts.path.strip("/"),
        access_key_id=chosen.access_key_id.get_secret_value(),
        secret_access_key=chosen.secret_access_key.get_secret_value(),
        verify=chosen.ca_file or True,
    )
