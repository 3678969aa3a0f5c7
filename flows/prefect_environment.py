"""What a process of ours tells Prefect's package by its environment, which is read when that is imported."""

import os
from collections.abc import Mapping
from pathlib import Path

from flows.prefect_http import password_for

# How our processes are Prefect's clients. Each of these may be set differently from outside.
CLIENT_ENVIRONMENT: Mapping[str, str] = {
    "DO_NOT_TRACK": "1",
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
    # Runs are taken on the server's event; the polls are for events that were missed,
    # and for what is due later: each takes what is due within ten seconds, so it must come more often.
    "PREFECT_WORKER_QUERY_SECONDS": "6",
    "PYTHONUNBUFFERED": "1",
}


def connect_to(url: str, home: Path) -> None:
    """Have this process and its children be clients of the Prefect at `url`, with what it wants to be shown.

    To be called before Prefect is imported. Raises SecretUnusable.
    """
    for name, value in CLIENT_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    own = home / "prefect"
    own.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ.setdefault("PREFECT_HOME", str(own))
    os.environ["PREFECT_API_URL"] = url
    if password := password_for(url):
        os.environ["PREFECT_API_AUTH_STRING"] = password
