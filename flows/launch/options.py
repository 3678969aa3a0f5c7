"""The options of `storykin up`."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from db.settings import record_settings
from flows.launch.console import Console
from flows.launch.preparation import prepare_record, prepare_store, prepare_weights

Preparation = Callable[[Console], None]


@dataclass(frozen=True)
class LaunchOptions:
    """The defaults start everything. A port of None is the usual one, or the next that is free."""

    home: Path = field(default_factory=lambda: record_settings().home)
    studio_host: str = "127.0.0.1"
    studio_port: int | None = None
    prefect_port: int | None = None
    studio_command: tuple[str, ...] = (sys.executable, "-m", "ui.serve")
    studio_health: str = "/healthz"
    deployments: Path | None = None  # another prefect.yaml
    preparations: tuple[Preparation, ...] = (prepare_weights, prepare_record, prepare_store)
    demo: tuple[str, ...] | None = (sys.executable, "-m", "flows.launch.demo")
    # End with the process that started us. `make run` asks for it: a killed make can't tell its child.
    die_with_caller: bool = False
