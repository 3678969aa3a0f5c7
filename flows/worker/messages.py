"""What the worker and its fork server say to each other: one JSON document a line."""

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
    """What became of an order: its child runs as `pid`, or has ended with `code`."""

    number: int
    pid: int
    code: int | None = None  # None while it runs; negative is the signal that killed it


def line_of(message: ForkRequest | Reply) -> bytes:
    """A message as one line."""
    return json.dumps(asdict(message)).encode() + b"\n"


class Lines:
    """Puts the pieces that a stream delivers back together into whole documents."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """The documents that `data` completes."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            yield json.loads(line)
