"""Structured logs by structlog: one JSON line an event, with ids and never a photo, a name or a key.

An event goes through the standard library's logger `storykin.<name>`: a process that has not asked for JSON
lines (a flow run, where Prefect configures logging) still says a warning's phrase, and none of its fields.
"""

import logging
import re
import sys
from datetime import UTC, datetime
from typing import IO, Any

import structlog
from structlog.typing import EventDict

# The only fields a log line may carry besides time, level, logger, event and error.
FIELDS = frozenset(
    {
        "character_id", "run_token", "batch_id", "call_id", "image_id", "asset_id", "style", "step", "state",
        "status", "code", "seconds", "count", "size", "provider", "model", "attempt", "port", "pid", "path",
        "method", "flow_run_id", "cost_microusd", "process",
    }
)  # fmt: skip

_ROOT = "storykin"
_SECRET = re.compile(
    r"(?:sk-[A-Za-z0-9_-]{8,}|r8_[A-Za-z0-9]{8,}|whsec_[A-Za-z0-9+/=]+|Bearer\s+\S+|data:image/\S+"
    r"|X-Amz-[A-Za-z-]+=[^&\s]+|[?&]s=[A-Za-z0-9_-]{16,})"
)


def _only_known_fields(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Raises ValueError for a field that is not in FIELDS, and for an error's text: either could hold a name,
    a photo or a key.
    """
    unknown = event.keys() - FIELDS - {"event", "error"}
    if unknown:
        raise ValueError(f"not a log field: {', '.join(sorted(unknown))}")
    if not isinstance(event.get("error", ""), str):
        raise ValueError("of an error the type alone is logged: Log.error() does so")
    return event


def _to_record(_logger: object, _method: str, event: EventDict) -> tuple[tuple[str], dict[str, Any]]:
    """The arguments of the standard library's logger: the phrase, and beside it the fields."""
    return (event.pop("event"),), {"extra": {"fields": event}}


def _in_order(_logger: object, _method: str, event: EventDict) -> EventDict:
    """The fields of a line, from the standard library's record."""
    record: logging.LogRecord = event["_record"]
    return {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name.removeprefix(f"{_ROOT}."),
        "event": event["event"],
        **getattr(record, "fields", {}),
    }


def _without_secrets(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Every value with whatever looks like a key or a photo blanked out."""
    return {name: _redacted(value) for name, value in event.items()}


def _redacted(value: object) -> object:
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(each) for each in value]
    return _SECRET.sub("[redacted]", str(value))


class Log:
    """A logger by its name. `event` is a constant phrase; all that varies is a named field of `FIELDS`."""

    def __init__(self, name: str) -> None:
        self._logger: structlog.stdlib.BoundLogger = structlog.wrap_logger(
            logging.getLogger(f"{_ROOT}.{name}"),
            processors=[_only_known_fields, structlog.stdlib.filter_by_level, _to_record],
            wrapper_class=structlog.stdlib.BoundLogger,
        )

    def info(self, event: str, **fields: object) -> None:
        """Something happened as it should. Raises ValueError for a field that is not in FIELDS."""
        self._logger.info(event, **fields)

    def warning(self, event: str, **fields: object) -> None:
        """Something happened that a person should know of."""
        self._logger.warning(event, **fields)

    def error(self, event: str, *, error: BaseException | None = None, **fields: object) -> None:
        """Something went wrong; of `error` the type is logged, never its text."""
        if error is not None:
            fields["error"] = type(error).__name__
        self._logger.error(event, **fields)


def configure_logging(stream: IO[str] | None = None, level: int = logging.INFO) -> None:
    """Send every logger's events to `stream` (stderr by default) as JSON lines. Safe to call again."""
    root = logging.getLogger(_ROOT)
    root.setLevel(level)
    root.propagate = False
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                _in_order,
                _without_secrets,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ]
        )
    )
    root.handlers[:] = [handler]
