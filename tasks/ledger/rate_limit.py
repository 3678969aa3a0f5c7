"""The rate limit and circuit breaker of a provider account, shared by all processes through the record."""

import math
import time
from collections.abc import Callable
from dataclasses import replace

from db.engine import Session
from db.log import Log
from db.rate_limit import RateLimit
from db.repositories import limits
from db.told import told
from tasks.errors import CallFailed, NotSent, OutcomeUnknown, Refused, Throttled
from tasks.providers.specs import find_spec
from tasks.runtime import Runtime
from tasks.settings import provider_settings

log = Log("rate limit")

# Of a provider that has no limit of its own in its spec, or is no longer installed.
USUAL_RATE_LIMIT = RateLimit(per_minute=300, burst=10)

LONGEST_WAIT = 120.0  # seconds; a call that would wait longer is released and retried later
POLL_SECONDS = 5.0  # at the most between two requests for a slot, so that a lifted pause is noticed


def acquire_slot(
    runtime: Runtime,
    provider: str,
    *,
    alive: Callable[[], None],
    still: Callable[[Session], object] = lambda _session: None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait for a rate slot of the provider; `alive` is called while waiting, to renew the lease.

    `still` is asked right before a slot is taken, in the same transaction: what it raises takes none. Raises
    NotSent (`provider_paused`) when the wait would be longer than two minutes in all.
    """
    waited = 0.0
    while True:
        with runtime.record.writing(lasting=False) as session:
            still(session)
            wait = limits.acquire_slot(
                session,
                provider,
                rate_limit_of(provider),
                at_once=provider_settings().at_once_of(provider),
            )
        if wait.seconds <= 0:
            return
        if wait.reason == limits.BUSY:  # it moves on: no reason to give up
            sleep(wait.seconds)
            alive()
            continue
        if waited + wait.seconds > LONGEST_WAIT:
            raise NotSent(
                told(
                    "The provider takes nothing from us for another %(seconds)s.",
                    seconds=minutes_words(wait.seconds),
                ),
                code="provider_paused",
                retry_after=wait.seconds,
            )
        log.info(
            "waiting for a rate slot", provider=provider, seconds=round(wait.seconds, 1), code=wait.reason
        )
        pause = min(wait.seconds, POLL_SECONDS)
        sleep(pause)
        waited += pause
        alive()


def rate_limit_of(provider: str) -> RateLimit:
    """What its account may send, unless it has told us to be slower."""
    spec = find_spec(provider)
    known = (spec.rate_limit if spec else None) or USUAL_RATE_LIMIT
    chosen = provider_settings().pace_of(provider)
    return known if chosen is None else replace(known, per_minute=chosen)


def minutes_words(seconds: float) -> str:
    """A wait, rounded up: "40 seconds", "3 minutes"."""
    if seconds <= 60:
        return f"{max(2, math.ceil(seconds))} seconds"
    return f"{math.ceil(seconds / 60)} minutes"


def record_outcome(runtime: Runtime, provider: str, error: Exception | None) -> None:
    """Count an outcome (None: success) for the provider's pace and circuit breaker. Raises RecordAway."""
    with runtime.record.writing(lasting=False) as session:
        if isinstance(error, Throttled):
            limits.record_throttle(
                session, provider, error.retry_after or POLL_SECONDS, per_minute=error.per_minute
            )
        elif _is_down(error):
            if isinstance(error, NotSent) and error.retry_after:
                limits.record_throttle(session, provider, error.retry_after)
            if limits.record_failure(session, provider):
                log.warning("breaker opened", provider=provider)
        elif error is None or isinstance(error, Refused | CallFailed):  # it answered
            limits.record_success(session, provider)


def _is_down(error: Exception | None) -> bool:
    """Failures that say the provider is down rather than that it said no."""
    return isinstance(error, NotSent | OutcomeUnknown)
