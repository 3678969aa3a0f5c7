"""Receipts: what a paid piece of work cost and brought, kept in the store before the row that says so.

A database can be yesterday's, and the store is not: from the receipt a restored record learns what was paid,
to whom, and what a look at a photo had seen. It names no person and no photo.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from db.log import Log
from db.models import CallKind
from tasks.errors import StoreError
from tasks.providers.protocols import Store
from tasks.quarantine import PREFIX as QUARANTINE
from tasks.receipt_keys import receipt_key

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
    key = receipt_key(work_key)
    for place in (key, QUARANTINE + key):
        try:
            receipt = Receipt.model_validate_json(store.get(place))
        except StoreError as error:
            if error.code != "object_missing":
                raise
        except ValidationError:
            log.warning("receipt can't be read")
        else:
            if receipt.work_key == work_key:
                return receipt
    return None
