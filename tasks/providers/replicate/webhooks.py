"""What Replicate tells of its own accord."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tasks.providers.http.server_clock import ServerClock
from tasks.providers.replicate.records import provider_record_in
from tasks.providers.replicate.settings import ReplicateAccount
from tasks.providers.replicate.webhook_signature import check_signature, nobody_to_ask
from tasks.providers.request_history import ProviderRecord
from tasks.providers.spec import Setup


@dataclass(frozen=True)
class ReplicateWebhooks:
    """Implements `WebhookReceiver`: deliveries signed with `secret` (whsec_…)."""

    secret: str = field(repr=False)
    provider_time: Callable[[], datetime | None] = nobody_to_ask

    def check(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Raise NotGenuine unless the delivery is Replicate's, of the last five minutes."""
        check_signature(body, headers, self.secret, provider_time=self.provider_time)

    def read(self, body: bytes) -> ProviderRecord | None:
        """The prediction in the delivery, or None."""
        return provider_record_in(body)


def receiver(setup: Setup) -> ReplicateWebhooks | None:
    """None without a secret: nothing could be believed then."""
    own = setup.settings.of(ReplicateAccount)
    secret = own.webhook_secret.get_secret_value()
    return ReplicateWebhooks(secret, ServerClock(own.base_url).now) if secret else None
