"""A self-hosted image server, as the rest of Storykin knows it."""

from tasks.providers.inhouse.settings import InHouseServer
from tasks.providers.spec import Kind, ProviderSpec

IN_HOUSE = ProviderSpec(
    id="in-house",
    label="In-house server",
    factories={Kind.IMAGE: "tasks.providers.inhouse.factories:images"},
    charges=False,
    in_house=True,
    drawn="drawn in-house",
    settings=InHouseServer,
    needs={Kind.IMAGE: ("STORYKIN_INHOUSE_URL",)},
    api={Kind.IMAGE: "STORYKIN_INHOUSE_URL"},
    health="tasks.providers.inhouse.factories:health",
)
