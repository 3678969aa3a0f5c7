"""What the providers, and the way to them, may say that is not so; as data.

Each lie is told to an ordinary run and to the housekeeping after it; then everything behaves again. OpenAI's
500 and 503 in its own words are none: they mean that nothing was charged, as it documents.
"""

from dataclasses import dataclass
from typing import Any

from tests.support.faulty_proxy import Cut

SHORT = 2.0  # seconds that an answer may take, where one takes longer


@dataclass(frozen=True)
class Lie:
    """Faults of the rehearsal cloud, and cuts ("METHOD /path") on the way to it."""

    faults: tuple[dict[str, Any], ...] = ()
    cuts: tuple[tuple[str, Cut], ...] = ()
    read_seconds: float = 10


def _taken(operation: str, kind: str, **more: Any) -> Lie:
    """It is accepted and billed, and something else is said."""
    return Lie(({"kind": kind, "when": "after", "operation": operation, **more},))


def _told(operation: str, kind: str, count: int | None = 1, **more: Any) -> Lie:
    """It is not even looked at, and something is said; `count` None: for as long as the run lasts."""
    return Lie(({"kind": kind, "when": "before", "operation": operation, "count": count, **more},))


def _slow(operation: str) -> Lie:
    return Lie(
        ({"kind": "delay", "when": "after", "operation": operation, "seconds": 2 * SHORT},),
        read_seconds=SHORT,
    )


def _request(operation: str, path: str) -> dict[str, Lie]:
    """What is said of a request that may cost money."""
    return {
        f"{operation} taken, an HTML page with 200": _taken(operation, "html", status=200),
        f"{operation} taken, an HTML page with 502": _taken(operation, "html", status=502),
        f"{operation} taken, an empty success": _taken(operation, "empty_body", status=200),
        f"{operation} taken, an answer that breaks off": _taken(operation, "truncated"),
        f"{operation} taken, cut by the way": Lie(cuts=((path, Cut.AFTER),)),
        f"{operation} taken, cut in mid-answer": Lie(cuts=((path, Cut.MIDDLE),)),
        f"{operation} cut by the way before it arrives": Lie(cuts=((path, Cut.BEFORE),)),
        f"{operation} taken, answered too late": _slow(operation),
        f"{operation} told to come back later, twice": _told(operation, "throttled", 2, seconds=1),
    }


LIES: dict[str, Lie] = {
    **_request("create", r"^POST /v1/models/.*/predictions$"),
    **_request("responses", r"^POST /v1/responses$"),
    "a prediction that is not found once": _told("get", "status", status=404),
    "a prediction that is not found five times": _told("get", "status", 5, status=404),
    "a prediction that is not found while the run lasts": _told("get", "status", None, status=404),
    "a prediction that is an HTML page with 200": _told("get", "html", 3, status=200),
    "a prediction that is an empty success": _told("get", "empty_body", 3, status=200),
    "a prediction told too late": _slow("get"),
    "a prediction told to come back later": _told("get", "throttled", 2, seconds=1),
    "a picture that is not found once": _told("output", "status", status=404),
    "a picture that is gone once": _told("output", "status", status=410),
    "a picture that is not found while the run lasts": _told("output", "status", None, status=404),
    "a picture that is gone while the run lasts": _told("output", "status", None, status=410),
    "a picture that is an HTML page with 200": _told("output", "html", status=200),
    "a picture that is an empty success": _told("output", "empty_body", status=200),
    "a picture cut in the middle": Lie(cuts=((r"^GET /delivery/", Cut.MIDDLE),)),
    "books that are an HTML page with 200": Lie(
        (
            {"kind": "html", "when": "after", "operation": "create", "status": 502},
            {"kind": "html", "operation": "list", "status": 200, "count": 2},
        )
    ),
}

# What is said of a picture that comes with its answer; there are no books to ask afterwards.
EDIT_LIES: dict[str, Lie] = {
    **_request("edits", r"^POST /v1/images/edits$"),
    "edits told that the server is down": _told("edits", "status", status=500),
    "edits taken, told that the server is down": _taken("edits", "status", status=500),
}
