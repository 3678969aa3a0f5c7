"""Spans to a collector, by OTLP over HTTP. Needs the packages of the extra `otel`."""

import threading
from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

# A collector that is away keeps no run from its end.
ANSWER_SECONDS = 2
CLOSING_SECONDS = 3


class Exporter:
    """The tracer of one process. It is none of OpenTelemetry's global one: what libraries trace stays out."""

    def __init__(self, part: str, address: str) -> None:
        self._processor = BatchSpanProcessor(
            OTLPSpanExporter(endpoint=f"{address.rstrip('/')}/v1/traces", timeout=ANSWER_SECONDS),
            schedule_delay_millis=1000,
        )
        resource = Resource.create(
            {"service.name": f"storykin-{part}", "service.version": version("storykin")}
        )
        provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        provider.add_span_processor(self._processor)
        self.tracer = provider.get_tracer("storykin")

    def close(self) -> None:
        """Send what is left, for CLOSING_SECONDS at most: the SDK's own limit is one for each batch."""
        closing = threading.Thread(target=self._processor.shutdown, name="traces closing", daemon=True)
        closing.start()
        closing.join(CLOSING_SECONDS)
