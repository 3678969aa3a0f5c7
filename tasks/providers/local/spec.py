"""The engine of this machine: free, offline, without a key."""

from tasks.providers.spec import Capabilities, Kind, ProviderSpec

LOCAL = ProviderSpec(
    id="local",
    label="This machine",
    factories={
        Kind.VISION: "tasks.providers.local.factories:vision",
        Kind.IMAGE: "tasks.providers.local.factories:image",
    },
    charges=False,
    in_house=True,
    capabilities=Capabilities(every_style=False),
    described="measured on this machine",
)
