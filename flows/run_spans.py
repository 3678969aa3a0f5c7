"""The span of a flow run: from the label that it was asked for with, by its worker, to its own process."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from opentelemetry.trace import Span, SpanKind
from prefect.client.schemas.objects import FlowRun

from flows.deployments import QUEUES
from tasks.traces.setup import tracing
from tasks.traces.spans import LABEL, TRACEPARENT, span, traceparent


def run_span(flow_run: FlowRun) -> AbstractContextManager[Span]:
    """Around one run, in its worker."""
    label = flow_run.labels.get(LABEL)
    queue = flow_run.work_queue_name if flow_run.work_queue_name in QUEUES else None
    return span(
        "work on a run",
        span_kind=SpanKind.CONSUMER,
        parent=label if isinstance(label, str) else None,
        flow_run_id=str(flow_run.id),
        queue=queue,
    )


def span_environment() -> dict[str, str]:
    """What the run's process is told of the current span."""
    told = traceparent()
    return {} if told is None else {TRACEPARENT: told}


@contextmanager
def own_run_span() -> Iterator[None]:
    """Around all that the run's process does."""
    with tracing("run"), span("carry out a run", parent=os.environ.get(TRACEPARENT)):
        yield
