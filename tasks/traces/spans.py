"""Spans: what took how long, and on whose behalf. Without a tracer (`tasks.traces.setup`) they are nothing.

A span's attributes are ids, states and codes of a known list, as in the log: never a name, a photo, a
sentence or the text of an error.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from db.errors import UserFacingError
from db.log import logged_with

ATTRIBUTES = frozenset(
    {
        "character_id", "run_token", "batch_id", "flow_run_id", "call_id", "number", "step", "style",
        "provider", "model", "kind", "queue", "outcome", "code",
    }
)  # fmt: skip
TRACEPARENT = "TRACEPARENT"  # the environment variable by which a worker tells a run's process
LABEL = "__OTEL_TRACEPARENT"  # the label of a flow run that Prefect itself keeps a traceparent under

_HEADER = "traceparent"  # W3C Trace Context
_W3C = TraceContextTextMapPropagator()


@dataclass
class _Tracing:
    tracer: Tracer | None = None


_tracing = _Tracing()


def use_tracer(tracer: Tracer | None) -> None:
    """From here on spans are that tracer's; None: there are none."""
    _tracing.tracer = tracer


@contextmanager
def span(
    name: str,
    *,
    span_kind: SpanKind = SpanKind.INTERNAL,
    parent: str | None = None,
    **attributes: str | int | None,
) -> Iterator[Span]:
    """Around a piece of work, in the span that is current, or in `parent` (a traceparent) where given.

    What is raised marks it as failed, by its code. ValueError for an attribute that is not in ATTRIBUTES.
    """
    unknown = attributes.keys() - ATTRIBUTES
    if unknown:
        raise ValueError(f"not an attribute of a span: {', '.join(sorted(unknown))}")
    if _tracing.tracer is None:
        yield trace.INVALID_SPAN
        return
    given = {f"storykin.{key}": value for key, value in attributes.items() if value is not None}
    with _tracing.tracer.start_as_current_span(
        name,
        context=_context_of(parent),
        kind=span_kind,
        attributes=given,
        record_exception=False,  # its text could hold anything
        set_status_on_exception=False,
    ) as current:
        trace_id = trace.format_trace_id(current.get_span_context().trace_id)
        try:
            with logged_with(trace_id=trace_id):
                yield current
        except BaseException as error:
            if isinstance(error, SystemExit) and not error.code:
                raise
            code = error.code if isinstance(error, UserFacingError) else type(error).__name__
            current.set_status(StatusCode.ERROR, code)
            current.set_attribute("error.type", code)
            raise


def traceparent() -> str | None:
    """The current span, as the next process is told of it; None without traces."""
    carrier: dict[str, str] = {}
    if _tracing.tracer is not None:
        _W3C.inject(carrier)
    return carrier.get(_HEADER)


def run_labels() -> dict[str, dict[str, str]]:
    """What a flow run is asked for with beside all else: the label that its worker goes on from, if any."""
    told = traceparent()
    return {} if told is None else {"labels": {LABEL: told}}


def _context_of(parent: str | None) -> Context | None:
    return None if parent is None else _W3C.extract({_HEADER: parent})
