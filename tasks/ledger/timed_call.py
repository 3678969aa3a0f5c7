"""How long a provider takes over a call, and how it ends: measured by the process that has sent it."""

import time

from db.models import CallState, ProviderCall
from tasks.measures import CALL_SECONDS, observe

# When the provider has done its part, and what it is told as.
_OUTCOMES = {
    CallState.DELIVERED: "delivered",
    CallState.STORED: "delivered",
    CallState.REFUSED: "refused",
    CallState.FAILED: "failed",
    CallState.UNKNOWN: "unknown",
}


class TimedCall:
    """One call, from `sending` on; one that another process has sent is not measured."""

    def __init__(self, call: ProviderCall) -> None:
        self.labels = {"provider": call.provider, "model": call.model, "kind": call.kind.value}
        self._sent: float | None = None

    def moved(self, to: CallState) -> None:
        """The call has come to `to`."""
        if to is CallState.SENDING:
            self._sent = time.monotonic()
        elif to in _OUTCOMES and self._sent is not None:
            seconds, self._sent = time.monotonic() - self._sent, None
            observe(CALL_SECONDS, seconds, outcome=_OUTCOMES[to], **self.labels)
