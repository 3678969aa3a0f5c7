"""What a topology stands on: a folder, free ports, the programs of Debian, who runs Postgres."""

import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.support.front_proxies import program
from tests.support.ports import free_port

HOW_TO = "apt-get install --no-install-recommends postgresql redis-server nginx"
PORTS = ("postgres", "redis", "prefect-1", "prefect-2", "prefect", "studio-1", "studio")


@dataclass(frozen=True)
class Programs:
    """Where Debian's programs are."""

    postgres: Path  # the folder with initdb and postgres
    redis: str
    nginx: str


def found_programs() -> Programs | None:
    """The programs of this machine; None where one is missing."""
    newest = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: int(each.parts[-3]))
    initdb = newest[-1] if newest else shutil.which("initdb")
    redis, nginx = program("redis-server"), program("nginx")
    if not (initdb and redis and nginx):
        return None
    return Programs(Path(initdb).resolve().parent, redis, nginx)


@dataclass(frozen=True)
class Ground:
    """One folder with everything in it, and a port for each part that listens."""

    folder: Path
    ports: dict[str, int]

    @classmethod
    def at(cls, folder: Path) -> "Ground":
        """Free ports for a topology in `folder`."""
        return cls(folder, {name: free_port() for name in PORTS})

    @property
    def origin(self) -> str:
        """What browsers call the studio."""
        return f"https://127.0.0.1:{self.ports['studio']}"

    @property
    def prefect_url(self) -> str:
        """What workers and studio call Prefect: the proxy before both of its servers."""
        return f"http://127.0.0.1:{self.ports['prefect']}/api"


def postgres_account() -> int | None:
    """The user that Postgres has to run as, since it refuses to be root; None where we are somebody else."""
    return pwd.getpwnam("postgres").pw_uid if os.geteuid() == 0 else None
