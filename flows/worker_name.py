"""What a worker is called in Prefect: a name of its own, and the same one after a restart."""

import fcntl
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.installation_secret import installation_name
from flows.settings import flow_settings

MOST_BESIDE = 99  # workers without a set name on one data folder
_UNFIT = re.compile(r"[^\w.-]+")


@contextmanager
def worker_name(home: Path) -> Iterator[str]:
    """The name that is set, else one after machine and data folder; a number tells those of one folder apart.

    Two workers of one name would be one to Prefect: neither could be seen to be gone. The number is held by
    a lock that ends with the process, however that ends. Raises SecretUnusable.
    """
    if chosen := flow_settings().worker_name:
        yield chosen
        return
    machine = _UNFIT.sub("-", socket.gethostname())[:60] or "machine"
    name = f"storykin-{machine}-{installation_name(home)[:6]}"
    folder = home / "run"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for number in range(1, MOST_BESIDE + 1):
        with (folder / f"worker-{number}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield name if number == 1 else f"{name}-{number}"
            return
    raise RuntimeError(f"{MOST_BESIDE} workers run on one data folder")
