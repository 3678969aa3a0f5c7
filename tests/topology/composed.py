"""deploy/compose.yaml as plain processes: its commands and settings, with hosts and ports of this machine."""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.topology.ground import Ground

UNMEASURED = Path(__file__).with_name("unmeasured")
COMPOSE = Path(__file__).parents[2] / "deploy" / "compose.yaml"
SECRETS = {  # of a rehearsal
    "POSTGRES_PASSWORD": "topology",
    "PREFECT_PASSWORD": "topology",
    "STORYKIN_SECRET_KEY": "topology-topology-topology-topology",
}
OURS = ("prefect-database", "prefect", "prefect-services", "migrate", "deploy", "worker", "studio")
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE")


@dataclass(frozen=True)
class Part:
    """A process: what it is called, its command, its whole environment."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]


def parts_of(ground: Ground, settings: Mapping[str, str], packages: Path) -> dict[str, Part]:
    """Every part that is ours, by name; of several alike each has a number.

    `settings` is what a deployment keeps in .env; `packages` holds what only Prefect's servers need.
    """
    services = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
    parts = {}
    for service in OURS:
        described = services[service]
        count = int(described.get("deploy", {}).get("replicas", 1))
        for number in range(1, count + 1):
            name = f"{service}-{number}" if count > 1 or service in ("worker", "studio") else service
            parts[name] = _part(name, service, described, ground, settings, packages)
    return parts


def _part(
    name: str,
    service: str,
    described: Mapping[str, Any],
    ground: Ground,
    settings: Mapping[str, str],
    packages: Path,
) -> Part:
    command = [*described.get("entrypoint", ["storykin"]), *described.get("command", [])]
    command[0] = str(Path(sys.executable).parent / command[0])
    command = [each.replace("0.0.0.0", "127.0.0.1") for each in command]
    if name in ground.ports:
        command += ["--port", str(ground.ports[name])]
    home = ground.folder / name
    of_prefect = command[0].endswith("prefect")
    own = {"PREFECT_HOME": str(home), "PYTHONPATH": str(packages)} if of_prefect else dict(settings)
    given = {each: os.environ[each] for each in _KEPT if each in os.environ}
    return Part(
        name,
        tuple(command),
        given
        | {"HOME": str(home), "STORYKIN_HOME": str(home), "PYTHONUNBUFFERED": "1"}
        | own
        | {key: _here(str(value), ground) for key, value in described.get("environment", {}).items()}
        | ({"PREFECT_REDIS_MESSAGING_PORT": str(ground.ports["redis"])} if of_prefect else {}),
    )


def _here(value: str, ground: Ground) -> str:
    """A value of compose.yaml with this machine's addresses for the names of containers."""
    known = SECRETS | {"STORYKIN_PUBLIC_ORIGIN": ground.origin}
    value = re.sub(r"\$\{(\w+):\?\}", lambda found: known[found[1]], value)
    value = value.replace("@postgres/", f"@127.0.0.1:{ground.ports['postgres']}/")
    value = value.replace("http://prefect:4200", f"http://127.0.0.1:{ground.ports['prefect']}")
    value = value.replace("redis://redis:6379", f"redis://127.0.0.1:{ground.ports['redis']}")
    return "127.0.0.1" if value in ("redis", "0.0.0.0") else value
