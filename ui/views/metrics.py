"""The metrics page, in Prometheus' text format as prometheus-client writes it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from db.models import CharacterStatus


@dataclass(frozen=True)
class Measures:
    """Characters by status, and what all calls are known to have cost."""

    characters: Mapping[CharacterStatus, int]
    spent_microusd: int


CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


class _Snapshot(Collector):
    """What was measured, as metric families: read from the record at each request, counted by no process."""

    def __init__(self, measures: Measures) -> None:
        self._measures = measures

    def collect(self) -> Iterator[Metric]:
        """Characters by status, and the money spent on provider calls."""
        by_status = GaugeMetricFamily("storykin_characters", "Characters by status.", labels=["status"])
        for status, count in self._measures.characters.items():
            by_status.add_metric([status], count)
        yield by_status
        yield CounterMetricFamily(
            "storykin_spent_microusd_total",
            "Money spent on provider calls, in micro-dollars.",
            value=self._measures.spent_microusd,
        )


def metrics_text(measures: Measures) -> bytes:
    """`measures` as a page of CONTENT_TYPE."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Snapshot(measures))
    return generate_latest(registry)
