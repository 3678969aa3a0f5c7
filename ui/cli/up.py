"""`storykin up`: everything in one start, until Ctrl-C."""

from dataclasses import replace

from flows.launch import LaunchOptions, launch
from flows.settings import flow_settings
from tasks.errors import UsageError
from ui.settings import studio_settings

PORTS = range(1, 65536)


def up(port: int | None, prefect_port: int | None, *, demo: bool, die_with_caller: bool = False) -> int:
    """Start everything and stay until stopped. A port that was asked for is taken or nothing is started."""
    for asked in (port, prefect_port):
        if asked is not None and asked not in PORTS:
            raise UsageError("A port is a number from 1 to 65535.", code="bad_port")
    settings = studio_settings()
    chosen = LaunchOptions(
        studio_host=settings.host,
        studio_port=port or _if_set(settings.model_fields_set, "port", settings.port),
        prefect_port=prefect_port
        or _if_set(flow_settings().model_fields_set, "prefect_port", flow_settings().prefect_port),
        die_with_caller=die_with_caller,
    )
    return launch(chosen if demo else replace(chosen, demo=None))


def _if_set(names: set[str], name: str, value: int) -> int | None:
    """`value` if someone set it; None lets the next free port be taken."""
    return value if name in names else None
