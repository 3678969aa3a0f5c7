"""Traces switched on and off in a process of ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from db.log import Log
from tasks.traces.settings import trace_settings
from tasks.traces.spans import use_tracer

log = Log("traces")

EXPORTER = "tasks.traces.exporter"  # the module that needs the extra's packages


@contextmanager
def tracing(part: str) -> Iterator[None]:
    """Meanwhile the spans of this process are sent on, as those of `part` (studio, worker, run).

    Nothing depends on it: without the packages, or a collector that answers, work goes on without traces.
    """
    address = trace_settings().traces_to
    if not address:
        yield
        return
    try:
        from tasks.traces.exporter import Exporter  # noqa: PLC0415 - an extra, and half a second
    except ImportError:
        log.warning("traces are not sent: the packages of the extra otel are not installed")
        yield
        return
    exporter = Exporter(part, address)
    use_tracer(exporter.tracer)
    try:
        yield
    finally:
        use_tracer(None)
        exporter.close()
