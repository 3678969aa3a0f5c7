"""Receipts: what a paid piece of work cost and brought, kept in the store before the row that says so.

A database can be yesterday's, and the store is not: from the receipt a restored record learns what was paid,
to whom, and what a look at a photo had seen. It names no person and no photo.
"""

from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from db.log import Log
from db.models import CallKind
from tasks.errors import StoreError
from tasks.providers.protocols import Store
from tasks.storage.quarantine import PREFIX as QUARANTINE
from tasks.storage.receipt_keys import receipt_key, sent_key
from tasks.storage.verified_bytes import read_if_there

log = Log("receipts")


class Receipt(BaseModel):
    """What was bought, from whom, for how much."""

    model_config = ConfigDict(frozen=True)

    work_key: str
    kind: CallKind
    provider: str
    model: str
    provider_id: str | None = None
    price_microusd: int | None = None
    paid_at: datetime
    storage_key: str | None = None  # of a picture
    sha256: str | None = None
    result: dict[str, Any] | None = None  # of a look


class SentNote(BaseModel):
    """That a request for this work is about to leave, and under which call of ours the provider's books, and
    its webhooks, will know it.
    """

    model_config = ConfigDict(frozen=True)

    work_key: str
    call_id: str
    provider: str
    model: str
    estimate_microusd: int
    sent_at: datetime


_Told = TypeVar("_Told", Receipt, SentNote)


def write_sent(store: Store, note: SentNote) -> None:
    """Say that the request is about to leave; said once for a piece of work. Raises StoreError."""
    try:
        store.put(sent_key(note.work_key), note.model_dump_json().encode(), "application/json")
    except StoreError as error:
        if error.code != "store_conflict":  # an earlier attempt has said it
            raise


def find_sent(store: Store, work_key: str) -> SentNote | None:
    """What stands there of an earlier request for this work; None where none is known to have left."""
    return _read(store, sent_key(work_key), SentNote, work_key)


def write_receipt(store: Store, receipt: Receipt) -> None:
    """Keep the receipt; the first one of a piece of work stays. What was bought is worth more than its
    receipt, so a store that does not take it is told in the log alone.
    """
    try:
        store.put(receipt_key(receipt.work_key), receipt.model_dump_json().encode(), "application/json")
    except StoreError as error:
        if error.code != "store_conflict":
            log.warning("receipt not kept", code=error.code)


def find_receipt(store: Store, work_key: str) -> Receipt | None:
    """The receipt of this work, in quarantine or not; None where there is none that can be read."""
    return _read(store, receipt_key(work_key), Receipt, work_key)


def _read(store: Store, key: str, kind: type[_Told], work_key: str) -> _Told | None:
    for place in (key, QUARANTINE + key):
        data = read_if_there(store, place)
        if data is None:
            continue
        try:
            told = kind.model_validate_json(data)
        except ValidationError:
            log.warning("receipt can't be read")
        else:
            if told.work_key == work_key:
                return told
    return None
