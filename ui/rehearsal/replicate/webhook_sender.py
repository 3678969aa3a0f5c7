"""Webhooks as Replicate sends them: signed (Standard Webhooks) and retried; faults alter them."""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from ui.rehearsal.replicate.prediction import Prediction
from ui.rehearsal.settings import new_webhook_secret

_STALE_SECONDS = 600


@dataclass(frozen=True)
class WebhookMessage:
    """One webhook: every attempt sends the same id and the same body."""

    url: str
    id: str
    body: bytes


def signed_headers(secret: str, message: WebhookMessage, timestamp: int) -> dict[str, str]:
    """The headers of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{message.id}.{timestamp}.".encode() + message.body
    signature = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    return {
        "content-type": "application/json",
        "user-agent": "Replicate-Webhooks",
        "webhook-id": message.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


class WebhookSender:
    """Sends each prediction's webhooks in order, unless a fault says otherwise."""

    def __init__(self, client: httpx.AsyncClient, secret: str, delays: tuple[float, ...]) -> None:
        self._client, self._secret, self._delays = client, secret, delays
        self._under_way: set[asyncio.Task[None]] = set()
        self._first_attempted: dict[tuple[str, str], asyncio.Event] = {}

    def send(
        self, prediction: Prediction, event: str, document: dict[str, Any], on_accepted: Callable[[], None]
    ) -> None:
        """Send one webhook in the background; `on_accepted` runs once it was answered with 2xx."""
        if (
            prediction.webhook is None
            or event not in prediction.events
            or "webhook_never" in prediction.faults
        ):
            return
        message = WebhookMessage(
            prediction.webhook, f"msg_{secrets.token_urlsafe(20)}", json.dumps(document).encode()
        )
        self._attempted(prediction, event)
        task = asyncio.create_task(self._deliver(prediction, event, message, on_accepted))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Cancel webhooks that are under way."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _attempted(self, prediction: Prediction, event: str) -> asyncio.Event:
        return self._first_attempted.setdefault((prediction.id, event), asyncio.Event())

    async def _deliver(
        self, prediction: Prediction, event: str, message: WebhookMessage, on_accepted: Callable[[], None]
    ) -> None:
        await self._await_turn(prediction, event)
        late = prediction.faults.get("webhook_late")
        if late:
            await asyncio.sleep(late.seconds)
        if "webhook_forged" in prediction.faults:
            await self._forge(message)
        if await self._attempt(prediction, message):
            on_accepted()
            if "webhook_twice" in prediction.faults:
                await self._attempt(prediction, message)
            self._attempted(prediction, event).set()
        else:
            self._attempted(prediction, event).set()
            await self._retry(prediction, message, on_accepted)
        if event == "completed":
            self._first_attempted.pop((prediction.id, "start"), None)

    async def _await_turn(self, prediction: Prediction, event: str) -> None:
        """Wait until the webhook before this one was attempted once."""
        first, second = ("start", "completed")
        if "webhook_reordered" in prediction.faults:
            first, second = second, first
        if event == second and first in prediction.events:
            await self._attempted(prediction, first).wait()

    async def _retry(
        self, prediction: Prediction, message: WebhookMessage, on_accepted: Callable[[], None]
    ) -> None:
        for delay in self._delays:
            await asyncio.sleep(delay)
            if await self._attempt(prediction, message):
                on_accepted()
                return

    async def _attempt(self, prediction: Prediction, message: WebhookMessage) -> bool:
        past = _STALE_SECONDS if "webhook_stale" in prediction.faults else 0
        return await self._post(message, signed_headers(self._secret, message, int(time.time()) - past))

    async def _forge(self, message: WebhookMessage) -> None:
        content = json.loads(message.body) | {"status": "failed", "error": "forged", "output": None}
        forged = WebhookMessage(message.url, f"msg_{secrets.token_urlsafe(20)}", json.dumps(content).encode())
        await self._post(forged, signed_headers(new_webhook_secret(), forged, int(time.time())))

    async def _post(self, message: WebhookMessage, headers: dict[str, str]) -> bool:
        try:
            answer = await self._client.post(message.url, content=message.body, headers=headers)
        except httpx.HTTPError:
            return False
        return answer.is_success
