"""The metrics page, in Prometheus' text format as prometheus-client writes it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from db.models import CharacterStatus
from db.models.spending import OPEN
from db.repositories.measures import BatchesAtWork, CallTotal, Leases
from db.repositories.spending import Spending


@dataclass(frozen=True)
class Queue:
    """What waits in one queue: how much, and for how long the oldest has."""

    name: str
    depth: int
    oldest_seconds: float


@dataclass(frozen=True)
class Measures:
    """What the record says of its characters, calls, queues and money (micro-dollars) at one moment."""

    characters: Mapping[CharacterStatus, int]
    calls: Sequence[CallTotal]
    today: Spending
    budget_microusd: int | None
    leases: Leases
    queues: Sequence[Queue]
    batches: BatchesAtWork
    left_alone: Mapping[str, bool]
    damaged: int
    sums_different: int
    canary_drifted: int | None = None  # None before the first canary has ended


CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_CALL = ("provider", "model", "kind")
_One = tuple[tuple[str, ...], float]


class _Snapshot(Collector):
    """What was measured, as metric families: read from the record at each request, counted by no process.

    No label holds a name, an id or anything else that has no end.
    """

    def __init__(self, measures: Measures) -> None:
        self._measures = measures

    def collect(self) -> Iterator[Metric]:
        """Characters and queues, then calls and money, then what should be zero."""
        yield from self._work()
        yield from self._money()
        yield from self._troubles()

    def _work(self) -> Iterator[Metric]:
        kept, at_work = self._measures, self._measures.batches
        statuses = [((status.value,), count) for status, count in kept.characters.items()]
        yield _gauge("storykin_characters", "Characters by status.", ("status",), statuses)
        depths = [((each.name,), each.depth) for each in kept.queues]
        yield _gauge(
            "storykin_queue_depth",
            "What waits: characters whose run has not begun, chunks of batches that are not done.",
            ("queue",),
            depths,
        )
        ages = [((each.name,), each.oldest_seconds) for each in kept.queues]
        yield _gauge(
            "storykin_queue_oldest_seconds", "For how long the oldest of them has.", ("queue",), ages
        )
        states = [(("running",), at_work.running), (("paused",), at_work.paused)]
        yield _gauge("storykin_batches", "Batches that have not ended.", ("state",), states)
        chunks = [(("done",), at_work.chunks_done), (("left",), at_work.chunks_left)]
        yield _gauge("storykin_batch_chunks", "Chunks of those batches.", ("state",), chunks)

    def _money(self) -> Iterator[Metric]:
        kept = self._measures
        ended = [((*_of(each), each.outcome), each.calls) for each in kept.calls if each.outcome != OPEN]
        # No counters: a call that has failed is asked for again, and then it has not ended.
        yield _gauge("storykin_calls", "Calls that have ended, by how.", (*_CALL, "outcome"), ended)
        spent: dict[tuple[str, ...], float] = {}
        for each in kept.calls:
            spent[_of(each)] = spent.get(_of(each), 0) + each.spent_microusd
        yield _gauge("storykin_cost_microusd", "What calls are known to cost.", _CALL, spent.items())
        yield CounterMetricFamily(
            "storykin_spent_microusd_total",
            "Money spent on provider calls, in micro-dollars.",
            value=sum(spent.values()),
        )
        yield _value("storykin_spent_today_microusd", "Known to be spent today.", kept.today.spent_microusd)
        yield _value(
            "storykin_reserved_today_microusd",
            "Reserved today for calls whose price nobody has told yet.",
            kept.today.reserved_microusd,
        )
        if kept.budget_microusd is not None:
            yield _value("storykin_budget_microusd", "What a day may cost.", kept.budget_microusd)

    def _troubles(self) -> Iterator[Metric]:
        kept = self._measures
        leases = [(("held",), kept.leases.held), (("expired",), kept.leases.expired)]
        yield _gauge("storykin_leases", "Calls under way, by their lease.", ("state",), leases)
        alone = [((name,), float(is_so)) for name, is_so in kept.left_alone.items()]
        yield _gauge(
            "storykin_provider_left_alone",
            "1 while nothing is sent to it: its breaker is open, or it asked for a pause.",
            ("provider",),
            alone,
        )
        yield _value("storykin_damaged_objects", "Objects known to be damaged or missing.", kept.damaged)
        yield _value(
            "storykin_sums_different", "Sums that differed from their calls last night.", kept.sums_different
        )
        if kept.canary_drifted is not None:
            yield _value(
                "storykin_canary_drifted", "Measures that the last canary saw drift.", kept.canary_drifted
            )
        yield _gauge(
            "storykin_build_info", "The version at work.", ("version",), [((version("storykin"),), 1)]
        )


def _of(each: CallTotal) -> tuple[str, ...]:
    return each.provider, each.model, str(each.kind)


def _gauge(name: str, says: str, labels: Sequence[str], values: Iterable[_One]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, says, labels=labels)
    for key, value in values:
        family.add_metric(key, value)
    return family


def _value(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, says, value=value)


def metrics_text(measures: Measures) -> bytes:
    """`measures`, and those of this process, as a page of CONTENT_TYPE."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Snapshot(measures))
    ProcessCollector(registry=registry)
    return generate_latest(registry)
