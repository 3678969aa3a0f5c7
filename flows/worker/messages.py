"""The messages between a worker and its fork server: one JSON document per line."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Hook = Literal["cancellation", "crashed"]


@dataclass(frozen=True)
class ForkRequest:
    """One child to fork: a flow run, or the hooks of a run that can't run them itself any more."""

    number: int
    entrypoint: (
        str | None
    )  # "package.module.flow"; None only for hooks: by the run's deployment, if it is ours
    environment: dict[str, str] = field(default_factory=dict)
    hook: Hook | None = None
    flow_run: str = ""  # for hooks: the run as JSON
    state: str = ""  # for hooks: the state that calls for them, as JSON


@dataclass(frozen=True)
class Reply:
    """The reply to a request: its child runs as `pid`, or has ended with `code`."""

    number: int
    pid: int
    code: int | None = None  # None while it runs; negative is the signal that killed it


def encode_line(message: ForkRequest | Reply) -> bytes:
    """A message as one JSON line, encoded."""
    return json.dumps(asdict(message)).encode() + b"\n"


class Lines:
    """Splits a byte stream into JSON documents, one per line."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """The documents that `data` completes."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            yield json.loads(line)
