"""What a process measures while it works, for /metrics: named here, with every label.

A flow run is a process of its own, which ends with its run; so it tells its worker, which keeps the sums
(`flows.meters`), by a datagram for each: what was told stays told, however the run ends. Nothing here
waits, and nothing fails: a measure that can't be told is lost, and the work goes on.

No label holds a name, an id or anything else that has no end: those are providers, models, states and codes.
"""

import json
import os
import socket
from dataclasses import dataclass
from functools import lru_cache

SOCKET = "STORYKIN_METERS"  # the environment variable that tells a run where its worker listens
LONGEST_LABEL = 120

# Seconds: from a picture by the local engine to one that a cloud takes minutes over.
CALLS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0)
RUNS = (1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0, 1280.0, 2560.0)
WAITS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


@dataclass(frozen=True)
class Instrument:
    """A counter or, with `buckets` (upper bounds, in seconds), a histogram; with the labels that it has."""

    name: str
    help: str
    labels: tuple[str, ...]
    buckets: tuple[float, ...] = ()


CALL_SECONDS = Instrument(
    "storykin_call_seconds",
    "Provider calls, from the request to its outcome, in seconds.",
    ("provider", "model", "kind", "outcome"),
    CALLS,
)
HELD_BACK = Instrument(
    "storykin_calls_held_back_total",
    "Provider calls that were not sent, by the code of what held them back: budget, pace, breaker, consent.",
    ("provider", "code"),
)
LEASES_LOST = Instrument(
    "storykin_leases_lost_total", "Calls whose lease another worker had taken meanwhile.", ("provider",)
)
RUN_SECONDS = Instrument(
    "storykin_run_seconds",
    "Flow runs of this worker, from the fork to their end, in seconds.",
    ("queue", "outcome"),
    RUNS,
)
RUN_WAIT_SECONDS = Instrument(
    "storykin_run_wait_seconds",
    "Flow runs of this worker, from when they were due to when they began, in seconds.",
    ("queue",),
    WAITS,
)
INSTRUMENTS = (CALL_SECONDS, HELD_BACK, LEASES_LOST, RUN_SECONDS, RUN_WAIT_SECONDS)


def observe(instrument: Instrument, value: float = 1.0, **labels: str) -> None:
    """Tell it to the worker of this process: seconds of a histogram, or how many more of a counter."""
    address = os.environ.get(SOCKET)
    if not address:
        return
    cut = {name: labels[name][:LONGEST_LABEL] for name in instrument.labels}
    try:
        _sender().sendto(json.dumps([instrument.name, value, cut]).encode(), address)
    except OSError:
        return  # nobody listens, or not fast enough


@lru_cache(maxsize=1)
def _sender() -> socket.socket:
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sender.setblocking(False)
    return sender
