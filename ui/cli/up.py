"""`storykin up`: everything in one start, until Ctrl-C."""

from dataclasses import replace

from flows.launch import LaunchOptions, launch
from flows.settings import flow_settings
from ui.cli.arguments import check_port
from ui.settings import studio_settings


def up(port: int | None, prefect_port: int | None, *, demo: bool, die_with_caller: bool = False) -> int:
    """Start everything and stay until stopped. A port that was asked for is taken or nothing is started."""
    for asked in (port, prefect_port):
        check_port(asked)
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
