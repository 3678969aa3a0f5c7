"""What every step works with: the record, the store and the providers of this process."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from db.engine import Record, record
from tasks.providers import registry
from tasks.providers.protocols import ImageProvider, Store, VisionProvider
from tasks.settings import provider_settings


def this_process() -> str:
    """A name for this process that no later one on this machine will have: host, pid, start time."""
    return f"{socket.gethostname()[:24]}:{os.getpid()}:{_started_at(os.getpid())}"


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
    """In this block, and in every task and thread that it starts, a paid call leaves only while `ours()`."""
    before = _run_may_spend.set(ours)
    try:
        yield
    finally:
        _run_may_spend.reset(before)


def _as_the_run_says() -> bool:
    return _run_may_spend.get()()


@dataclass(frozen=True)
class Workshop:
    """One process's tools. `may_spend` is asked right before a paid call leaves."""

    record: Record
    store: Store
    vision: VisionProvider
    image: ImageProvider
    lease_seconds: int = 120
    owner: str = field(default_factory=this_process)
    daily_budget_microusd: int | None = None
    run_cap_microusd: int | None = None
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
        daily_budget_microusd=microusd(settings.daily_budget_usd),
        run_cap_microusd=microusd(settings.run_cap_usd),
    )


def microusd(dollars: float | None) -> int | None:
    """Dollars, as people set them, in micro-dollars, as everything here counts."""
    return None if dollars is None else round(dollars * 1_000_000)


def is_gone(owner: str | None) -> bool:
    """Whether the process called `owner` is known to be dead: it ran on this machine and runs no more."""
    if not owner or owner.count(":") != 2:
        return False
    host, pid, started = owner.split(":")
    if host != socket.gethostname()[:24] or not Path("/proc/self/stat").exists():
        return False
    return _started_at(int(pid)) != started
