"""Where a picture is between its answer and its collection: kept by the ledger, and for a while in memory.

The answer of a synchronous image API is the only copy there is. It goes into the store before the call moves
on, so that a killed worker loses nothing; memory is for a store that is away just then. What can't be saved
is an answer that comes while the store is away to a worker that dies before it is back.
"""

from collections import OrderedDict
from dataclasses import replace
from threading import Lock

from db.log import Log
from tasks.errors import CallFailed, StoreError
from tasks.providers.protocols import ImageOutput, ImageRequest

log = Log("delivered")

MOST_HELD = 8  # pictures, a few MB each


class DeliveredOutputs:
    """The pictures that have come with their answers. Thread-safe."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, ImageOutput] = OrderedDict()
        self._lock = Lock()

    def take(self, provider_id: str, output: ImageOutput, request: ImageRequest) -> None:
        """Keep it. A store that does not take it is asked again when the picture is collected. CallFailed
        with its price when it is no picture.
        """
        with self._lock:
            self._held[provider_id] = output
            while len(self._held) > MOST_HELD:
                self._held.popitem(last=False)
        if request.keeper is None:
            return
        try:
            request.keeper.keep(provider_id, output)
        except StoreError as error:
            log.warning("picture not kept yet", call_id=request.call_id, code=error.code)
        except CallFailed as error:
            error.charged_microusd = output.cost_microusd
            raise

    def give(self, provider_id: str, request: ImageRequest) -> ImageOutput | None:
        """The picture, or None when it is lost. What lies in the store comes first: it stays there whatever
        a later answer to the same work brings. Raises StoreError.
        """
        kept = request.keeper.kept() if request.keeper is not None else None
        with self._lock:
            held = self._held.pop(provider_id, None) if kept is not None else self._held.get(provider_id)
        if kept is None or held is None:
            return kept or held
        return replace(kept, seconds=held.seconds, cost_microusd=held.cost_microusd, details=held.details)
