"""Webhooks as Replicate sends them: signed (Standard Webhooks), tried again, and as wrong as told."""

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
class Letter:
    """One webhook: the same id and the same bytes however often it is sent."""

    url: str
    id: str
    body: bytes


def signed_headers(secret: str, letter: Letter, timestamp: int) -> dict[str, str]:
    """The headers of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{letter.id}.{timestamp}.".encode() + letter.body
    signature = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    return {
        "content-type": "application/json",
        "user-agent": "Replicate-Webhooks",
        "webhook-id": letter.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


class WebhookSender:
    """Sends each prediction's webhooks in order, unless it is told otherwise."""

    def __init__(self, client: httpx.AsyncClient, secret: str, delays: tuple[float, ...]) -> None:
        self._client, self._secret, self._delays = client, secret, delays
        self._under_way: set[asyncio.Task[None]] = set()
        self._first_tried: dict[tuple[str, str], asyncio.Event] = {}

    def send(
        self, prediction: Prediction, event: str, document: dict[str, Any], taken: Callable[[], None]
    ) -> None:
        """Send one webhook from now on; `taken` is called when it was answered 2xx."""
        if (
            prediction.webhook is None
            or event not in prediction.events
            or "webhook_never" in prediction.faults
        ):
            return
        letter = Letter(prediction.webhook, f"msg_{secrets.token_urlsafe(20)}", json.dumps(document).encode())
        self._tried(prediction, event)
        task = asyncio.create_task(self._deliver(prediction, event, letter, taken))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Give up what is under way."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _tried(self, prediction: Prediction, event: str) -> asyncio.Event:
        return self._first_tried.setdefault((prediction.id, event), asyncio.Event())

    async def _deliver(
        self, prediction: Prediction, event: str, letter: Letter, taken: Callable[[], None]
    ) -> None:
        await self._turn(prediction, event)
        late = prediction.faults.get("webhook_late")
        if late:
            await asyncio.sleep(late.seconds)
        if "webhook_forged" in prediction.faults:
            await self._forge(letter)
        if await self._try(prediction, letter):
            taken()
            if "webhook_twice" in prediction.faults:
                await self._try(prediction, letter)
            self._tried(prediction, event).set()
        else:
            self._tried(prediction, event).set()
            await self._try_again(prediction, letter, taken)
        if event == "completed":
            self._first_tried.pop((prediction.id, "start"), None)

    async def _turn(self, prediction: Prediction, event: str) -> None:
        """Wait for the webhook that comes before this one."""
        first, second = ("start", "completed")
        if "webhook_reordered" in prediction.faults:
            first, second = second, first
        if event == second and first in prediction.events:
            await self._tried(prediction, first).wait()

    async def _try_again(self, prediction: Prediction, letter: Letter, taken: Callable[[], None]) -> None:
        for delay in self._delays:
            await asyncio.sleep(delay)
            if await self._try(prediction, letter):
                taken()
                return

    async def _try(self, prediction: Prediction, letter: Letter) -> bool:
        past = _STALE_SECONDS if "webhook_stale" in prediction.faults else 0
        return await self._post(letter, signed_headers(self._secret, letter, int(time.time()) - past))

    async def _forge(self, letter: Letter) -> None:
        content = json.loads(letter.body) | {"status": "failed", "error": "forged", "output": None}
        forged = Letter(letter.url, f"msg_{secrets.token_urlsafe(20)}", json.dumps(content).encode())
        await self._post(forged, signed_headers(new_webhook_secret(), forged, int(time.time())))

    async def _post(self, letter: Letter, headers: dict[str, str]) -> bool:
        try:
            answer = await self._client.post(letter.url, content=letter.body, headers=headers)
        except httpx.HTTPError:
            return False
        return answer.is_success
