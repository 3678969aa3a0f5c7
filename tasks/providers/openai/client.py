"""The openai package's client as we want it: nothing is sent twice, and every exchange ends."""

import os
import ssl
from collections.abc import Callable

import httpx2
from openai import OpenAI

from tasks.providers.http.bounded_client import BoundedClient2, longest_exchange

_CONNECT_SECONDS = 5.0
# Every request gets a connection of its own: one that the other side has just closed would look like an
# answer that never came.
_LIMITS = httpx2.Limits(max_keepalive_connections=0)
# What OpenAI's package takes from the environment by itself: exported for another program, it would ask in
# another account's name. A key says whose it is.
_OF_OTHERS = (
    "OPENAI_ORG_ID",
    "OPENAI_PROJECT_ID",
    "OPENAI_ADMIN_KEY",
    "OPENAI_CUSTOM_HEADERS",
    "OPENAI_WEBHOOK_SECRET",
)


def openai_client(
    *,
    api_key: str,
    base_url: str,
    read_seconds: float,
    by_proxy: bool = True,
    transport: httpx2.BaseTransport | None = None,
    on_response: Callable[[httpx2.Response], None] | None = None,
) -> OpenAI:
    """A client of the API at `base_url`; `on_response` is shown every answer as it comes. Thread-safe.

    `by_proxy` says whether the proxies that the environment names are used.
    """
    for name in _OF_OTHERS:
        os.environ.pop(name, None)
    timeout = _timeout(read_seconds)
    return OpenAI(
        api_key=api_key,
        base_url=base_url,
        max_retries=0,  # the SDK would send a paid request again, and it has no idempotency key
        timeout=timeout,
        http_client=BoundedClient2(
            transport=transport,
            timeout=timeout,
            limits=_LIMITS,
            follow_redirects=False,
            trust_env=by_proxy,
            verify=True if by_proxy else ssl.create_default_context(),
            event_hooks={"response": [on_response] if on_response else []},
        ),
    )


def answer_seconds(read_seconds: float) -> float:
    """Seconds after which a request of such a client has been answered or cut off."""
    return longest_exchange(_timeout(read_seconds))


def named(call_id: str) -> dict[str, str]:
    """What OpenAI logs a request under: its support can find one there that was never answered."""
    return {"X-Client-Request-Id": call_id} if call_id else {}


def _timeout(read_seconds: float) -> httpx2.Timeout:
    return httpx2.Timeout(read_seconds, connect=_CONNECT_SECONDS)
