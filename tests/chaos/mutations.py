"""The promise broken on purpose, one way at a time: the checker must see each of them."""

from collections.abc import Callable
from typing import Any

from db.models import CallState
from db.repositories import calls
from db.repositories.calls import ClaimVerdict
from tasks.workshop import Workshop


def fence_clause_removed(_tools: Workshop) -> None:
    """A worker that slept through its lease writes all the same."""

    def unfenced(step: Callable[..., Any]) -> Callable[..., Any]:
        def taken(session: Any, *, call_id: str, fence: int, **named: Any) -> Any:
            del fence
            return step(session, call_id=call_id, fence=calls.get(session, call_id).fence, **named)

        return taken

    record: Any = calls
    record.STEPS = {state: frozenset(CallState) for state in CallState}
    record.advance = unfenced(calls.advance)
    record.renew = lambda _session, **_named: None


def sdk_retries_on(tools: Workshop) -> None:
    """The SDK sends a paid request again by itself."""
    vision: Any = tools.vision
    vision._client = vision._client.with_options(max_retries=2)


def unknown_sent_again(_tools: Workshop) -> None:
    """What left without an answer is simply bought again."""
    verdict = calls._verdict

    def careless(*arguments: Any, **named: Any) -> ClaimVerdict:
        found = verdict(*arguments, **named)
        return ClaimVerdict.MINE if found is ClaimVerdict.UNKNOWN else found

    record: Any = calls
    record._verdict = careless


MUTATIONS: dict[str, Callable[[Workshop], None]] = {
    "fence clause removed": fence_clause_removed,
    "SDK retries on": sdk_retries_on,
    "unknown sent again": unknown_sent_again,
}
