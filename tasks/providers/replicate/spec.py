"""Replicate, as the rest of Storykin knows it."""

from db.rate_limit import RateLimit
from tasks.providers.replicate.settings import ReplicateAccount
from tasks.providers.spec import Capabilities, KeyShape, Kind, ProviderSpec

REPLICATE = ProviderSpec(
    id="replicate",
    label="Replicate",
    keeps="Replicate deletes what it was sent and what it drew an hour later, by its own clock; it offers no "
    "deletion on request.",
    keeps_in={
        "de": "Replicate löscht, was es bekommen und was es gezeichnet hat, nach einer Stunde, nach seiner "
        "eigenen Uhr; eine Löschung auf Verlangen bietet es nicht an."
    },
    factories={Kind.IMAGE: "tasks.providers.replicate.factories:image"},
    delivery_hosts=("replicate.delivery",),
    rate_limit=RateLimit(per_minute=500, burst=20),  # 600 a minute are published for creating predictions
    settings=ReplicateAccount,
    needs={Kind.IMAGE: ("REPLICATE_API_TOKEN",)},
    keys=(
        KeyShape("REPLICATE_API_TOKEN", r"r8_\w{6,}", "r8_…"),
        KeyShape(
            "REPLICATE_WEBHOOK_SECRET",
            r"whsec_(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
            "whsec_… and base64",
        ),
    ),
    api={Kind.IMAGE: "REPLICATE_BASE_URL"},
    models="tasks.providers.replicate.factories:models",
    webhook="tasks.providers.replicate.webhooks:receiver",
    capabilities=Capabilities(request_history=True),
)
