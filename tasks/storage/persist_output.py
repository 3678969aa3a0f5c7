"""A provider's output → our store, before its temporary address expires."""

from dataclasses import dataclass

from tasks.errors import CallFailed
from tasks.photo.pixels import picture_size
from tasks.providers.http.guarded_fetch import FetchRules, OutputWithheld, lost
from tasks.providers.http.temp_url import copy_from_temp_url, take_from_aside
from tasks.providers.output_life import is_surely_deleted
from tasks.providers.protocols import ImageOutput, Store, StoredObject
from tasks.providers.specs import delivery_hosts

EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


def picture_key(work_key: str, extension: str) -> str:
    """Where the picture of this piece of work lies in the store: whoever has the work key finds it there."""
    return f"pictures/{work_key[:2]}/{work_key}.{extension}"


@dataclass(frozen=True)
class KeptPicture:
    """A picture in the store, measured."""

    stored: StoredObject
    width: int  # pixels
    height: int


def persist_output(store: Store, output: ImageOutput, work_key: str, *, provider: str) -> KeptPicture:
    """Keep the picture of `provider` under a key that follows from its work key: doing it again is harmless.
    An address is followed to the hosts of that provider alone (`ProviderSpec.delivery_hosts`).

    Raises CallFailed (`empty_output`, OutputRefused) when there is no picture in it, NotReady when it can't
    be fetched now, OutputLost when the provider has deleted it meanwhile, StoreError when it can't be kept.
    """
    key = picture_key(work_key, EXTENSIONS.get(output.content_type, "png"))
    if output.data is not None:
        width, height = picture_size(output.data)
        stored = store.put(key, output.data, output.content_type)
    elif output.url is not None:
        try:
            stored = copy_from_temp_url(output.url, key, store, rules=FetchRules(delivery_hosts(provider)))
        except OutputWithheld as error:
            if not is_surely_deleted(output.age()):
                raise
            part = take_from_aside(key, store)
            if part is None:
                raise lost(output.cost_microusd) from error
            stored = part
        width, height = picture_size(store.get(key))
    else:
        raise CallFailed(
            "The provider said it was done but sent no picture.",
            code="empty_output",
            charged_microusd=output.cost_microusd,
        )
    return KeptPicture(stored, width, height)
