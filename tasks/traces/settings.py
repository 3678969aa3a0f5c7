"""Where traces are sent: from the environment alone."""

from functools import lru_cache

from pydantic import Field
from pydantic_settings import BaseSettings

from db.settings import CONFIG, WebAddress, read_settings


class TraceSettings(BaseSettings):
    """The collector of traces. Headers and sampling are OpenTelemetry's own variables (OTEL_…)."""

    model_config = CONFIG

    traces_to: WebAddress = Field(
        default="",
        validation_alias="STORYKIN_TRACES_TO",
        description="An OpenTelemetry collector that takes OTLP over HTTP, like http://127.0.0.1:4318; no "
        "traces when empty. It needs the package's extra: pip install 'storykin[otel]'.",
    )


@lru_cache
def trace_settings() -> TraceSettings:
    """The settings of this process, read once."""
    return read_settings(TraceSettings)
