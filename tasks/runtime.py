"""What every step works with: the record, the store and the providers of this process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import lru_cache

from db.engine import Record, record
from db.repositories import users
from db.told import told
from tasks.amounts import microusd
from tasks.errors import UsageError
from tasks.process_identity import this_process
from tasks.providers import registry
from tasks.providers.protocols import ImageProvider, Store, VisionProvider
from tasks.settings import provider_settings

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
class Runtime:
    """The record, store, providers and limits of a process. `may_spend` is asked before a call leaves."""

    record: Record
    store: Store
    vision: VisionProvider
    image: ImageProvider
    lease_seconds: int = 120
    busy_patience_seconds: float = 0.0  # how long the result of another worker is waited for
    owner: str = field(default_factory=this_process)
    daily_budget_microusd: int | None = None
    run_cap_microusd: int | None = None
    assume_paid_below_microusd: int = 0  # a lost vision call cheaper than this is not worth a person
    assume_paid_per_day: int = 20
    may_spend: Callable[[], bool] = _as_the_run_says
    fallbacks: tuple[ImageProvider, ...] = ()  # who draws while those before them are away, in this order

    @property
    def images(self) -> tuple[ImageProvider, ...]:
        """Everyone who may draw, the first choice first."""
        return (self.image, *self.fallbacks)

    @property
    def providers(self) -> tuple[VisionProvider | ImageProvider, ...]:
        """Everyone who may look or draw."""
        return (self.vision, *self.images)

    def find_image(self, provider: str) -> ImageProvider | None:
        """The image provider of that name, if it is in use."""
        return next((each for each in self.images if each.name == provider), None)

    def drawing_by(self, provider: str) -> "Runtime":
        """The same with that image provider alone; "" is the first. UsageError (`no_such_provider`) if it is
        not in use any more.
        """
        if not provider:
            return replace(self, fallbacks=())
        found = self.find_image(provider)
        if found is None:
            raise UsageError(
                told("%(provider)s is not among STORYKIN_IMAGE any more.", provider=provider),
                code="no_such_provider",
            )
        return replace(self, image=found, fallbacks=())


_runtime_of_block: ContextVar[Runtime | None] = ContextVar("runtime_of_block", default=None)


@contextmanager
def using_runtime(runtime: Runtime) -> Iterator[None]:
    """In this block, and in every task and thread that it starts, `current_runtime` is `runtime`."""
    before = _runtime_of_block.set(runtime)
    try:
        yield
    finally:
        _runtime_of_block.reset(before)


def current_runtime() -> Runtime:
    """The runtime of this block (`using_runtime`), else the process-wide one that the settings describe."""
    return _runtime_of_block.get() or process_runtime()


@lru_cache
def process_runtime() -> Runtime:
    """The runtime that the settings describe, one a process."""
    settings = provider_settings()
    return Runtime(
        record=record(),
        store=registry.store(),
        vision=registry.vision_provider(),
        image=registry.image_provider(),
        fallbacks=registry.fallback_providers(),
        lease_seconds=settings.lease_seconds,
        busy_patience_seconds=BUSY_PATIENCE,
        daily_budget_microusd=microusd(settings.daily_budget_usd),
        run_cap_microusd=microusd(settings.run_cap_usd),
        assume_paid_below_microusd=microusd(settings.assume_paid_below_usd) or 0,
        assume_paid_per_day=settings.assume_paid_per_day,
    )


def operator_id(runtime: Runtime) -> str:
    """The id of the record's operator: no two records share it, so it tells one installation's work apart."""
    with runtime.record.reading() as session:
        found = users.by_email(session, users.OPERATOR_EMAIL)
    if found is not None:
        return found.id
    with runtime.record.writing() as session:
        return users.ensure_operator(session).id
