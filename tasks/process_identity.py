"""Names of processes: who holds a lease, and whether that process is known to be dead."""

import hashlib
import os
import socket
from enum import StrEnum
from pathlib import Path


def this_process() -> str:
    """A name that no other process has: place, pid, start time. At most 64 characters, as a lease takes."""
    return f"{_this_place()}:{os.getpid()}:{started_at(os.getpid())}"


def _this_place() -> str:
    """Where pids mean what they mean here: the start of the host's name, and a digest of the whole of it,
    this boot and this pid namespace. Pods of one set differ only in the end of their long names.
    """
    host = socket.gethostname()
    whole = "\n".join((host, _boot(), _pid_namespace()))
    return f"{host[:12].replace(':', '-')}-{hashlib.sha256(whole.encode()).hexdigest()[:16]}"


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _pid_namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        return ""


def started_at(pid: int) -> str:
    """The kernel's start time of `pid` in clock ticks since boot, or "" when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    after_name = stat.rpartition(")")[2].split()
    return "" if after_name[0] == "Z" else after_name[19]


class Holder(StrEnum):
    """What can be told of the process that holds something."""

    GONE = "gone"  # it ran in this very place, and runs no more
    HERE = "here"  # it is a process of this very place, running or stopped
    ELSEWHERE = "elsewhere"  # of another machine, an earlier boot or another container nothing is known


def holder(owner: str | None) -> Holder:
    """What can be told of the process called `owner`; of nobody, nothing."""
    if not owner or owner.count(":") != 2:
        return Holder.ELSEWHERE
    place, pid, started = owner.split(":")
    if place != _this_place() or not pid.isdigit() or not Path("/proc/self/stat").exists():
        return Holder.ELSEWHERE
    return Holder.HERE if started_at(int(pid)) == started else Holder.GONE


def is_gone(owner: str | None) -> bool:
    """Whether the process called `owner` is known to be dead. Where that is not known, its lease has to run
    out.
    """
    return holder(owner) is Holder.GONE
