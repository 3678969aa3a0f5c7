"""Structured logs: one JSON line an event, with ids and never a photo, a name or a key."""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import IO, Any

# The only fields a log line may carry besides time, level, room and event.
FIELDS = frozenset(
    {
        "character_id", "run_token", "batch_id", "call_id", "image_id", "asset_id", "style", "step", "state",
        "status", "code", "seconds", "count", "size", "provider", "model", "attempt", "port", "pid", "path",
        "method", "flow_run_id", "cost_microusd", "process",
    }
)  # fmt: skip

_SECRET = re.compile(
    r"(?:sk-[A-Za-z0-9_-]{8,}|r8_[A-Za-z0-9]{8,}|whsec_[A-Za-z0-9+/=]+|Bearer\s+\S+|data:image/\S+"
    r"|X-Amz-[A-Za-z-]+=[^&\s]+|[?&]s=[0-9a-f]{16,})"
)


class JsonLines(logging.Formatter):
    """A log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its newline. Anything that looks like a key is blanked out."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "room": record.name.removeprefix("storykin."),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
        return _SECRET.sub("[redacted]", json.dumps(line, ensure_ascii=False, default=str))


class Log:
    """A room's log. `event` is a constant phrase; everything that varies is a named field of `FIELDS`."""

    def __init__(self, room: str) -> None:
        self._logger = logging.getLogger(f"storykin.{room}")

    def info(self, event: str, **fields: object) -> None:
        """Something happened as it should."""
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Something happened that a person should know of."""
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, *, error: BaseException | None = None, **fields: object) -> None:
        """Something went wrong; of `error` the type is logged, never its text."""
        info = (type(error), error, None) if error else None
        self._write(logging.ERROR, event, fields, info)

    def _write(self, level: int, event: str, fields: dict[str, object], info: Any = None) -> None:
        unknown = fields.keys() - FIELDS
        if unknown:
            raise ValueError(f"not a log field: {', '.join(sorted(unknown))}")
        self._logger.log(level, event, exc_info=info, extra={"fields": fields})


def configure_logging(stream: IO[str] | None = None, level: int = logging.INFO) -> None:
    """Send every room's log to `stream` (stderr by default) as JSON lines. Safe to call again."""
    root = logging.getLogger("storykin")
    root.setLevel(level)
    root.propagate = False
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root.handlers[:] = [handler]
