"""The promise broken on purpose, one way at a time: the checker must see each of them."""

from collections.abc import Callable
from typing import Any

from db.repositories import calls
from db.repositories.calls import ClaimVerdict
from tasks.workshop import Workshop


def fence_clause_removed(_tools: Workshop) -> None:
    """A worker that slept through its lease writes all the same."""
    advance, renew = calls.advance, calls.renew

    def unfenced(step: Callable[..., Any]) -> Callable[..., Any]:
        def taken(session: Any, *, call_id: str, fence: int, **named: Any) -> Any:
            del fence
            return step(session, call_id=call_id, fence=calls.get(session, call_id).fence, **named)

        return taken

    calls.STEPS = {state: frozenset(calls.CallState) for state in calls.CallState}  # type: ignore[misc]
    calls.advance = unfenced(advance)
    calls.renew = unfenced(lambda session, **named: None)
    del renew


def sdk_retries_on(tools: Workshop) -> None:
    """The SDK sends a paid request again by itself."""
    tools.vision._client = tools.vision._client.with_options(max_retries=2)  # type: ignore[attr-defined]


def unknown_sent_again(_tools: Workshop) -> None:
    """What left without an answer is simply bought again."""
    verdict = calls._verdict

    def careless(*arguments: Any, **named: Any) -> ClaimVerdict:
        found = verdict(*arguments, **named)
        return ClaimVerdict.MINE if found is ClaimVerdict.UNKNOWN else found

    calls._verdict = careless


MUTATIONS: dict[str, Callable[[Workshop], None]] = {
    "fence clause removed": fence_clause_removed,
    "SDK retries on": sdk_retries_on,
    "unknown sent again": unknown_sent_again,
}
