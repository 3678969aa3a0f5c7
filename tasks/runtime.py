"""What every step works with: the record, the store and the providers of this process."""

import hashlib
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from db.engine import Record, record
from tasks.providers import registry
from tasks.providers.protocols import ImageProvider, Store, VisionProvider
from tasks.settings import provider_settings


def this_process() -> str:
    """A name that no other process has: place, pid, start time. At most 64 characters, as a lease takes."""
    return f"{_this_place()}:{os.getpid()}:{_started_at(os.getpid())}"


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


def _started_at(pid: int) -> str:
    """The kernel's start time of `pid` in clock ticks since boot, or "" when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    after_name = stat.rpartition(")")[2].split()
    return "" if after_name[0] == "Z" else after_name[19]


_run_may_spend: ContextVar[Callable[[], bool]] = ContextVar("run_may_spend", default=lambda: True)


@contextmanager
def spending_only_while(ours: Callable[[], bool]) -> Iterator[None]:
    """In this block, and in every task and thread that it starts, a paid call leaves only while `ours()`.

    Inside another such block both must hold: a run in a batch ends its spending with either.
    """
    outer = _run_may_spend.get()
    before = _run_may_spend.set(lambda: outer() and ours())
    try:
        yield
    finally:
        _run_may_spend.reset(before)


def _as_the_run_says() -> bool:
    return _run_may_spend.get()()


# Longer than a lease, so that the work of a worker that died elsewhere is taken over; shorter than a step.
BUSY_PATIENCE = 240.0


@dataclass(frozen=True)
class Workshop:
    """One process's tools. `may_spend` is asked right before a paid call leaves."""

    record: Record
    store: Store
    vision: VisionProvider
    image: ImageProvider
    lease_seconds: int = 120
    busy_patience_seconds: float = 0.0  # how long the result of another worker is waited for
    owner: str = field(default_factory=this_process)
    daily_budget_microusd: int | None = None
    run_cap_microusd: int | None = None
    assume_paid_below_microusd: int = 0  # a lost look cheaper than this is not worth a person
    assume_paid_per_day: int = 20
    may_spend: Callable[[], bool] = _as_the_run_says


@lru_cache
def workshop() -> Workshop:
    """The workshop that the settings describe, one a process."""
    settings = provider_settings()
    return Workshop(
        record=record(),
        store=registry.store(),
        vision=registry.vision_provider(),
        image=registry.image_provider(),
        lease_seconds=settings.lease_seconds,
        busy_patience_seconds=BUSY_PATIENCE,
        daily_budget_microusd=microusd(settings.daily_budget_usd),
        run_cap_microusd=microusd(settings.run_cap_usd),
        assume_paid_below_microusd=microusd(settings.assume_paid_below_usd) or 0,
        assume_paid_per_day=settings.assume_paid_per_day,
    )


def microusd(dollars: float | None) -> int | None:
    """Dollars, as people set them, in micro-dollars, as everything here counts."""
    return None if dollars is None else round(dollars * 1_000_000)


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
    return Holder.HERE if _started_at(int(pid)) == started else Holder.GONE


def is_gone(owner: str | None) -> bool:
    """Whether the process called `owner` is known to be dead. Where that is not known, its lease has to run
    out.
    """
    return holder(owner) is Holder.GONE
