"""The store on Cloudflare R2, or any other server that speaks S3."""

import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from tasks.errors import StoreError
from tasks.providers.http.guarded_fetch import FetchRules
from tasks.providers.http.temp_url import copy_from_temp_url
from tasks.providers.protocols import SignedUpload, StoredObject
from tasks.providers.store.keys import INCOMING, check_key, check_prefix
from tasks.providers.store.links import LONGEST_LIFE, rounded_expiry, whole_seconds
from tasks.providers.store.s3_client import (
    ALREADY_THERE,
    MISSING,
    error_code,
    s3_client,
    s3_errors_as_sentences,
)

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import HeadObjectOutputTypeDef

UPLOAD_LIFE = timedelta(minutes=10)

# How often an object is asked about that changes while it is read.
HEAD_TRIES = 4


class R2Store:
    """Objects in one private bucket. Implements `tasks.providers.protocols.Store`; thread-safe.

    `verify` may name a certificate file to trust, for a server of one's own.
    """

    name = "r2"

    def __init__(
        self,
        *,
        endpoint_url: str,
        bucket: str,
        access_key_id: str,
        secret_access_key: str,
        region: str = "auto",
        verify: str | bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._bucket = bucket
        self._clock = clock
        self._s3 = s3_client(
            endpoint_url=endpoint_url,
            access_key_id=access_key_id,
            secret_access_key=secret_access_key,
            region=region,
            verify=verify,
        )
        self._link_until = lru_cache(maxsize=4096)(self._sign_get)

    def put(self, key: str, data: bytes, content_type: str) -> StoredObject:
        """Keep `data`; the same bytes again are harmless, other bytes are StoreError `store_conflict`.

        Asked first and then written with If-None-Match: R2 honours it, some S3 servers do not.
        """
        wanted = StoredObject(check_key(key), len(data), hashlib.sha256(data).hexdigest(), content_type)
        there = self.head(key) or self._write(wanted, data)
        if there.sha256 != wanted.sha256:
            raise StoreError("Another picture is already kept under this name.", code="store_conflict")
        return there

    def get(self, key: str) -> bytes:
        """The bytes under `key`; raises StoreError `object_missing`."""
        check_key(key)
        with s3_errors_as_sentences():
            return self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()

    def head(self, key: str) -> StoredObject | None:
        """What is known of `key`, or None. Reads the bytes of what a browser uploaded, to know the digest.

        A server that replaces a file in steps (rclone does) shows it without its metadata or not at all for a
        moment: what changed between the question and the reading is asked about again.
        """
        for _ in range(HEAD_TRIES):
            answer = self._ask(key)
            if answer is None:
                return None
            digest = self._said_digest(key, answer) or self._read_digest(key, answer["ContentLength"])
            if digest is not None:
                return StoredObject(key, answer["ContentLength"], digest, answer.get("ContentType", ""))
        raise StoreError("The picture store is busy with this name. Try again.", code="store_unreachable")

    def delete(self, key: str) -> None:
        """Forget `key`; harmless when it isn't there."""
        check_key(key)
        with s3_errors_as_sentences():
            self._s3.delete_object(Bucket=self._bucket, Key=key)

    def iterate(self, prefix: str) -> Iterator[StoredObject]:
        """Every object whose key begins with `prefix`, in key order; digests and types stay empty."""
        check_prefix(prefix)
        with s3_errors_as_sentences():
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            for page in pages:
                for item in page.get("Contents", []):
                    yield StoredObject(item["Key"], item["Size"], "", "")

    def modified_at(self, key: str) -> datetime | None:
        """When `key` was last written, or None."""
        answer = self._ask(key)
        return None if answer is None else answer["LastModified"].astimezone(UTC)

    def now(self) -> datetime:
        """The bucket's own time, by the Date of its answer."""
        with s3_errors_as_sentences():
            answer = self._s3.list_objects_v2(Bucket=self._bucket, MaxKeys=1)
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
        try:
            return parsedate_to_datetime(date).astimezone(UTC)
        except ValueError:
            raise StoreError(
                "The picture store does not say what time it is, so the age of what it holds is not known.",
                code="store_unreachable",
            ) from None

    def presign_get(self, key: str, expires: timedelta) -> str:
        """A link to the bytes; this process gives the same one for a while, so browsers can cache."""
        return self._link_until(check_key(key), rounded_expiry(self._clock(), expires))

    def presign_put(self, key: str, content_type: str, length: int, expires: timedelta) -> SignedUpload:
        """A link that takes exactly `length` bytes of `content_type` for `key`, once."""
        seconds = whole_seconds(expires)
        until = int(self._clock()) + seconds
        with s3_errors_as_sentences():
            url = self._s3.generate_presigned_url(
                "put_object",
                Params={
                    "Bucket": self._bucket,
                    "Key": check_key(key),
                    "ContentType": content_type,
                    "ContentLength": length,
                    "IfNoneMatch": "*",
                },
                ExpiresIn=seconds,
            )
        return SignedUpload(
            url=url,
            method="PUT",
            headers={"Content-Type": content_type, "If-None-Match": "*"},
            key=key,
            expires_at=datetime.fromtimestamp(until, UTC),
        )

    # The plan's own words for the same things.

    def upload_to_r2(self, data: bytes, key: str, content_type: str) -> StoredObject:
        """`put`."""
        return self.put(key, data, content_type)

    def get_presigned_upload_url(
        self, key: str, content_type: str, length: int, expires: timedelta = UPLOAD_LIFE
    ) -> SignedUpload:
        """`presign_put`, for ten minutes unless told otherwise."""
        return self.presign_put(key, content_type, length, expires)

    def copy_from_temp_url(self, source_url: str, dest_key: str, rules: FetchRules) -> StoredObject:
        """Keep a provider's finished picture; see `tasks.providers.http.temp_url`."""
        return copy_from_temp_url(source_url, dest_key, self, rules=rules)

    def _ask(self, key: str) -> "HeadObjectOutputTypeDef | None":
        check_key(key)
        with s3_errors_as_sentences():
            try:
                return self._s3.head_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if error_code(error) in MISSING:
                    return None
                raise

    @staticmethod
    def _said_digest(key: str, answer: "HeadObjectOutputTypeDef") -> str | None:
        # Some servers take metadata that an upload link did not sign: what a browser says is not believed.
        return None if key.startswith(INCOMING) else answer["Metadata"].get("sha256")

    def _read_digest(self, key: str, length: int) -> str | None:
        """The SHA-256 of the bytes under `key`, or None when they are not, or no longer, `length` bytes."""
        try:
            data = self.get(key)
        except StoreError as error:
            if error.code == "object_missing":
                return None
            raise
        return hashlib.sha256(data).hexdigest() if len(data) == length else None

    def _write(self, wanted: StoredObject, data: bytes) -> StoredObject:
        with s3_errors_as_sentences():
            try:
                self._s3.put_object(
                    Bucket=self._bucket,
                    Key=wanted.key,
                    Body=data,
                    ContentType=wanted.content_type,
                    Metadata={"sha256": wanted.sha256},
                    CacheControl="private, max-age=31536000, immutable",  # a key never changes its bytes
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if error_code(error) not in ALREADY_THERE:
                    raise
                return self._winner(wanted.key)
        return wanted

    def _winner(self, key: str) -> StoredObject:
        there = self.head(key)
        if there is None:
            raise StoreError("The picture store is busy with this name. Try again.", code="store_unreachable")
        return there

    def _sign_get(self, key: str, until: int) -> str:
        seconds = min(until - int(self._clock()), int(LONGEST_LIFE.total_seconds()))
        with s3_errors_as_sentences():
            return self._s3.generate_presigned_url(
                "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=max(1, seconds)
            )
