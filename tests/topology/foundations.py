"""What is not ours below the parts: Debian's Postgres and Redis."""

import os
import subprocess
from pathlib import Path

import psycopg

from tests.support.waiting import until
from tests.topology.composed import Part
from tests.topology.ground import Ground, Programs, postgres_account
from tests.topology.processes import Running, wait_for_port

DATABASES = ("storykin", "prefect")
_SETTINGS = {
    "fsync": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "128MB",
}


def start_postgres(ground: Ground, programs: Programs) -> Running:
    """A new cluster of this machine's Postgres, with a database for us and one for Prefect."""
    account = postgres_account()
    data = ground.folder / "postgres" / "data"
    data.parent.mkdir()
    if account is not None:
        os.chown(data.parent, account, -1)
    made = [str(programs.postgres / "initdb"), "-D", str(data), "-U", "storykin", "--auth=trust"]
    subprocess.run(
        [*made, "--encoding=UTF8", "--no-locale", "--no-sync"],
        user=account,
        check=True,
        capture_output=True,
        cwd=data.parent,
        env={"PATH": os.environ["PATH"]},
    )
    settings = _SETTINGS | {
        "port": str(ground.ports["postgres"]),
        "unix_socket_directories": str(data.parent),
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    part = Part("postgres", (str(programs.postgres / "postgres"), "-D", str(data), *options), {})
    running = Running(part, ground.folder, account)
    wait_for_postgres(ground, running)
    with psycopg.connect(_url(ground), autocommit=True) as connection:
        for name in DATABASES:
            connection.execute(f"CREATE DATABASE {name}".encode())
    return running


def wait_for_postgres(ground: Ground, running: Running) -> None:
    """Wait until it takes connections."""

    def takes() -> bool:
        running.check_alive()
        try:
            psycopg.connect(_url(ground)).close()
        except psycopg.OperationalError:
            return False
        return True

    until(takes, "Postgres to take connections")


def _url(ground: Ground) -> str:
    return f"postgresql://storykin@127.0.0.1:{ground.ports['postgres']}/postgres"


def start_redis(ground: Ground, programs: Programs) -> Running:
    """Redis as compose.yaml runs it: what it was told survives its restart."""
    folder: Path = ground.folder / "redis"
    options = ("--appendonly", "yes", "--port", str(ground.ports["redis"]), "--dir", str(folder))
    running = Running(Part("redis", (programs.redis, *options, "--bind", "127.0.0.1"), {}), ground.folder)
    wait_for_port(ground.ports["redis"], running)
    return running
