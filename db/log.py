"""Structured logs by structlog: one JSON line an event, with ids and never a photo, a name or a key.

An event goes through the standard library's logger `storykin.<name>`: a process that has not asked for JSON
lines (a flow run, where Prefect configures logging) still says a warning's phrase, and none of its fields.
"""

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import structlog
from structlog.typing import EventDict

from db.log_file import LogFile
from db.settings import record_settings

# The only fields a log line may carry besides time, level, logger, event and error.
FIELDS = frozenset(
    {
        "character_id", "run_token", "batch_id", "call_id", "image_id", "asset_id", "style", "step", "state",
        "status", "code", "seconds", "count", "size", "provider", "model", "attempt", "port", "pid", "path",
        "method", "flow_run_id", "cost_microusd", "process", "trace_id",
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
            processors=[
                structlog.contextvars.merge_contextvars,
                _only_known_fields,
                structlog.stdlib.filter_by_level,
                _to_record,
            ],
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


@contextmanager
def logged_with(**fields: object) -> Iterator[None]:
    """In this block, and in every task and thread that it starts, each line also has these fields of FIELDS.

    A line's own field of the same name goes before. Raises ValueError for a field that is not in FIELDS.
    """
    _only_known_fields(None, "", dict(fields))
    with structlog.contextvars.bound_contextvars(**fields):
        yield


def configure_logging(
    to: IO[str] | Path | None = None, level: int = logging.INFO, *, checked: bool = True
) -> None:
    """Send every logger's events as JSON lines `to` a stream or a file, else to where STORYKIN_LOG_TO says.

    Safe to call again. `checked`: BadSettings where that is a file that can't be written to now; else its
    lines are lost until it can.
    """
    root = logging.getLogger(_ROOT)
    root.setLevel(level)
    root.propagate = False
    handler = _handler(record_settings().log_to if to is None else to, checked)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                _in_order,
                _without_secrets,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ]
        )
    )
    for each in root.handlers:
        each.close()  # a file of ours; streams stay open
    root.handlers[:] = [handler]


def _handler(to: IO[str] | Path | str, checked: bool) -> logging.Handler:
    if to in ("stderr", "stdout"):
        return logging.StreamHandler(getattr(sys, to))
    if isinstance(to, str | Path):
        return LogFile(record_settings().home / to, checked)
    return logging.StreamHandler(to)
