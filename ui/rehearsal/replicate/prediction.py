"""One prediction, and its JSON document."""

import asyncio
import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ui.rehearsal.faults import Fault
from ui.rehearsal.provider_ids import replicate_time
from ui.rehearsal.replicate.output_host import HostedPicture

ENDED = frozenset({"succeeded", "failed", "canceled", "aborted"})


@dataclass
class Prediction:
    """The state of one prediction."""

    id: str
    model: str
    given: dict[str, Any] = field(repr=False)
    created_at: datetime
    base_url: str
    webhook: str | None = None
    events: tuple[str, ...] = ()
    deadline: datetime | None = None
    style: str | None = None
    several: bool = False
    price_microusd: int = 0
    faults: Mapping[str, Fault] = field(default_factory=dict)
    status: str = "starting"
    error: str | None = None
    output: list[str] | None = None  # paths at the host of finished pictures
    started_at: datetime | None = None
    completed_at: datetime | None = None
    data_removed: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def is_over(self) -> bool:
        """Whether it has reached a final status."""
        return self.status in ENDED

    def forget(self) -> None:
        """Remove input and output, as Replicate does after an hour."""
        self.given, self.output, self.data_removed = {}, None, True

    @property
    def photo_chars(self) -> int:
        """The length of all data URLs in its input, in characters."""
        values = [
            each for value in self.given.values() for each in (value if isinstance(value, list) else [value])
        ]
        return sum(len(each) for each in values if isinstance(each, str) and each.startswith("data:"))

    def forget_photos(self) -> None:
        """Empty the data URLs in its input."""
        self.given = {name: _without_data(value) for name, value in self.given.items()}

    def document(
        self, base_url: str | None = None, *, picture_at: Callable[[str], HostedPicture | None] | None = None
    ) -> dict[str, Any]:
        """The document that GET returns; with `picture_at`, pictures stand in it as data URLs."""
        base = base_url or self.base_url
        document: dict[str, Any] = {
            "id": self.id,
            "model": self.model,
            "version": "hidden",
            "input": self.given,
            "logs": "",
            "output": self._output(base, picture_at),
            "data_removed": self.data_removed,
            "error": self.error,
            "source": "api",
            "status": self.status,
            "created_at": replicate_time(self.created_at),
            "urls": {
                "cancel": f"{base}/v1/predictions/{self.id}/cancel",
                "get": f"{base}/v1/predictions/{self.id}",
                "stream": f"{base}/v1/streams/{self.id}",
                "web": f"https://replicate.com/p/{self.id}",
            },
        }
        return document | self._times()

    def _times(self) -> dict[str, Any]:
        times: dict[str, Any] = {}
        for name in ("deadline", "started_at", "completed_at"):
            moment: datetime | None = getattr(self, name)
            if moment is not None:
                times[name] = replicate_time(moment)
        if self.completed_at is not None:
            began = self.started_at or self.completed_at
            times["metrics"] = {
                "predict_time": round((self.completed_at - began).total_seconds(), 6),
                "total_time": round((self.completed_at - self.created_at).total_seconds(), 6),
            }
        return times

    def _output(self, base: str, picture_at: Callable[[str], HostedPicture | None] | None) -> Any:
        if self.output is None:
            return None
        addresses = [_address(path, base, picture_at) for path in self.output]
        return addresses if self.several else addresses[0]


def _address(path: str, base: str, picture_at: Callable[[str], HostedPicture | None] | None) -> str:
    picture = picture_at(path) if picture_at else None
    if picture is None:
        return base + path
    return f"data:{picture.content_type};base64,{base64.b64encode(picture.data).decode()}"


def _without_data(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("data:"):
        return value.partition(",")[0] + ","
    return [_without_data(each) for each in value] if isinstance(value, list) else value
