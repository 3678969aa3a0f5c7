"""Pictures that the store holds and the record does not know of: found before anything is bought."""

import hashlib
from dataclasses import dataclass

from db.log import Log
from tasks.errors import CallFailed, OutputLost, StoreError
from tasks.photo.pixels import picture_size
from tasks.providers.protocols import Store, StoredObject
from tasks.storage import quarantine
from tasks.storage.persist_output import EXTENSIONS, KeptPicture, picture_key
from tasks.storage.receipts import Receipt, find_receipt
from tasks.storage.verified_bytes import read_if_there

log = Log("found")

PAID_AND_DAMAGED = "The picture was paid for before, and what the store has kept of it is damaged."


@dataclass(frozen=True)
class FoundPicture:
    """A picture that was made before, verified, and its receipt where there is one."""

    kept: KeptPicture
    receipt: Receipt | None


def find_picture(store: Store, work_key: str) -> FoundPicture | None:
    """The picture of this work, out of quarantine if need be; None where the store has none.

    Bytes that are no picture, or not those of the receipt, are put aside: they must not stand in the way of
    the right ones. OutputLost when they were paid for. Raises StoreError.
    """
    spoiled = False
    receipt: Receipt | None = None
    for key in (picture_key(work_key, extension) for extension in EXTENSIONS.values()):
        there = _known(store, key) or quarantine.bring_back(store, key)
        if there is None:
            continue
        receipt = receipt or find_receipt(store, work_key)
        kept = _verified(store, there, receipt)
        if kept is None and quarantine.put_aside(store, key):
            back = quarantine.bring_back(store, key)
            kept = _verified(store, back, receipt) if back else None
        if kept is not None:
            return FoundPicture(kept, receipt)
        spoiled = True
    if spoiled and receipt is not None and receipt.price_microusd:
        raise OutputLost(PAID_AND_DAMAGED, charged_microusd=receipt.price_microusd)
    return None


def _known(store: Store, key: str) -> StoredObject | None:
    """What the store knows of `key`. Where it has lost what it knew, and not the bytes, it is told again."""
    try:
        known = store.head(key)
    except StoreError as error:
        if error.code != "store_damaged":
            raise
        known = None
    if known is not None:
        return known
    data = read_if_there(store, key)
    if data is None or not quarantine.put_aside(store, key):
        return None
    extension = key.rpartition(".")[2]
    return store.put(key, data, next(kind for kind, each in EXTENSIONS.items() if each == extension))


def _verified(store: Store, there: StoredObject, receipt: Receipt | None) -> KeptPicture | None:
    """The picture, if it decodes and its bytes are those that were kept; None otherwise."""
    data = store.get(there.key)
    digest = hashlib.sha256(data).hexdigest()
    wanted = {there.sha256} | ({receipt.sha256} if receipt and receipt.storage_key == there.key else set())
    try:
        if wanted - {None} != {digest}:
            raise CallFailed("These are not the bytes that were kept.")
        width, height = picture_size(data)
    except CallFailed:
        log.warning("a picture in the store is damaged")
        return None
    return KeptPicture(StoredObject(there.key, len(data), digest, there.content_type), width, height)
