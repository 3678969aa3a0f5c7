"""Where everything listens, and where people and programs find it."""

from dataclasses import dataclass

from flows.launch.console import Console
from flows.launch.options import LaunchOptions
from flows.launch.ports import choose_port
from flows.settings import FlowSettings

LOOPBACK = "127.0.0.1"
STUDIO_PORT = 7860
PREFECT_PORT = 4200


@dataclass(frozen=True)
class Addresses:
    """Host and ports of the studio, and port and URL of Prefect's server."""

    studio_host: str
    studio_port: int
    prefect_port: int | None  # None: the Prefect server runs elsewhere
    prefect_api_url: str

    @property
    def studio_url(self) -> str:
        """The studio's URL for a browser on this machine."""
        host = LOOPBACK if self.studio_host in ("0.0.0.0", "::") else self.studio_host  # noqa: S104
        return f"http://{host}:{self.studio_port}"

    @property
    def prefect_url(self) -> str:
        """The URL of Prefect's dashboard."""
        return self.prefect_api_url.removesuffix("/api")

    @property
    def ports(self) -> dict[str, int]:
        """The ports that are ours, by name."""
        own = {"studio": self.studio_port}
        return own if self.prefect_port is None else {**own, "prefect": self.prefect_port}


def choose_addresses(options: LaunchOptions, settings: FlowSettings, console: Console) -> Addresses:
    """Pick the ports, and say so where it is not the usual one. Raises PortTaken."""
    host = options.studio_host
    studio = choose_port(host, options.studio_port, STUDIO_PORT, setting="STORYKIN_PORT")
    if options.studio_port is None and studio != STUDIO_PORT:
        console.step("", f"port {STUDIO_PORT} is taken: the studio will be on {studio}")
    if settings.prefect_api_url:
        return Addresses(host, studio, None, settings.prefect_api_url.rstrip("/"))
    wanted = options.prefect_port
    if wanted is None and "prefect_port" in settings.model_fields_set:
        wanted = settings.prefect_port
    prefect = choose_port(LOOPBACK, wanted, PREFECT_PORT, setting="STORYKIN_PREFECT_PORT", besides=(studio,))
    if wanted is None and prefect != PREFECT_PORT:
        console.step("", f"port {PREFECT_PORT} is taken: Prefect will be on {prefect}")
    return Addresses(host, studio, prefect, f"http://{LOOPBACK}:{prefect}/api")
