"""Backups in a bucket of any S3 server: objects written with If-None-Match, and a lock with a heartbeat."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex

from botocore.exceptions import BotoCoreError, ClientError

from tasks.backup.errors import BackupBusy, BackupError, BackupMissing
from tasks.errors import StoreError
from tasks.providers.store.s3_client import ALREADY_THERE, MISSING, error_code, s3_client

_LOCK = "lock"
_BEAT = 20.0  # seconds between signs of life of whoever holds the lock
_SILENCE = 70.0  # after so long without one, by our own clock, its holder is dead


class S3Target:
    """A prefix in a bucket. Implements `tasks.backup.target.BackupTarget`; thread-safe."""

    def __init__(
        self,
        *,
        endpoint_url: str,
        bucket: str,
        prefix: str,
        access_key_id: str,
        secret_access_key: str,
        region: str = "auto",
        verify: str | bool = True,
        beat: float = _BEAT,
        silence: float = _SILENCE,
    ) -> None:
        self.where = f"s3://{bucket}/{prefix}".rstrip("/")
        self._bucket, self._prefix = bucket, f"{prefix}/" if prefix else ""
        self._beat, self._silence = beat, silence
        self._s3 = s3_client(
            endpoint_url=endpoint_url,
            access_key_id=access_key_id,
            secret_access_key=secret_access_key,
            region=region,
            verify=verify,
        )

    def write(self, name: str, data: bytes) -> None:
        """PUT, if nothing is there."""
        with self._in_words():
            self._put_new(name, data)

    def read(self, name: str) -> bytes:
        """GET."""
        with self._in_words():
            return self._s3.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"].read()

    def size(self, name: str) -> int | None:
        """HEAD."""
        try:
            with self._in_words():
                answer = self._s3.head_object(Bucket=self._bucket, Key=self._prefix + name)
                return answer["ContentLength"]
        except BackupMissing:
            return None

    def names(self, prefix: str) -> Iterator[str]:
        """LIST."""
        with self._in_words():
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix
            )
            for page in pages:
                for item in page.get("Contents", []):
                    name = item["Key"].removeprefix(self._prefix)
                    if name != _LOCK:
                        yield name

    def delete(self, name: str) -> None:
        """DELETE."""
        with self._in_words():
            self._s3.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    @contextmanager
    def holding(self) -> Iterator[None]:
        """By an object that its holder writes anew as long as it lives. One that has fallen silent is dead:
        that is told by our own clock alone, so no two machines' clocks are compared.
        """
        token = token_hex(16)
        self._take(token)
        over = threading.Event()
        beating = threading.Thread(target=self._keep_beating, args=(token, over), daemon=True)
        beating.start()
        try:
            yield
        finally:
            over.set()
            beating.join()
            self.delete(_LOCK)

    def _take(self, token: str) -> None:
        """Watch a lock that is there, write ours and read it back: some servers know no If-None-Match."""
        seen, since = self._holder(), time.monotonic()
        while seen is not None and time.monotonic() - since < self._silence:
            time.sleep(min(1.0, self._beat))
            now = self._holder()
            if now is None:
                break
            if now != seen:
                raise BackupBusy(f"Another backup to {self.where} is under way. Try again when it is done.")
        if seen is not None:
            self.delete(_LOCK)
        mine = f"{token} 0".encode()
        with self._in_words():
            self._put_new(_LOCK, mine)
        if self._holder() != mine:
            raise BackupBusy(f"Another backup to {self.where} has just begun. Try again later.")

    def _holder(self) -> bytes | None:
        try:
            return self.read(_LOCK)
        except BackupMissing:
            return None

    def _keep_beating(self, token: str, over: threading.Event) -> None:
        count = 0
        while not over.wait(self._beat):
            count += 1
            try:
                self._s3.put_object(
                    Bucket=self._bucket, Key=self._prefix + _LOCK, Body=f"{token} {count}".encode()
                )
            except (ClientError, BotoCoreError):
                continue  # the next beat may get through; until then we look dead, as we may be

    def _put_new(self, name: str, data: bytes) -> bool:
        try:
            self._s3.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=data, IfNoneMatch="*")
        except ClientError as error:
            if error_code(error) not in ALREADY_THERE:
                raise
            return False
        return True

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = error_code(error)
            if code in MISSING:
                raise BackupMissing(f"The backup at {self.where} lacks something that it names.") from None
            why = {"NoSuchBucket": "there is no such bucket"}.get(code, code or "no reason given")
            raise BackupError(
                f"The bucket of the backup could not do it ({why}). Check the STORYKIN_BACKUP_S3 settings. "
                "Former backups there are intact.",
                code="backup_unreachable",
            ) from None
        except (BotoCoreError, StoreError) as error:
            raise BackupError(
                f"The bucket of the backup could not be reached ({type(error).__name__}). Former backups "
                "there are intact; run it again: it goes on where it stopped.",
                code="backup_unreachable",
            ) from None
