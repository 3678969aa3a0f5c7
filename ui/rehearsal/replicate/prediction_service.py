"""The lifecycle of rehearsed predictions: created, processed, ended, reported and expired."""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import httpx

from db.ids import utc_now
from db.log import Log
from ui.rehearsal.call_references import content_digest, find_call_id, reference_texts
from ui.rehearsal.engine import PictureSpec, RehearsalEngine
from ui.rehearsal.faults import Fault
from ui.rehearsal.photos import InputPhoto, PhotoUnreachable, photo_at
from ui.rehearsal.provider_ids import prediction_id
from ui.rehearsal.replicate.image_models import MODELS
from ui.rehearsal.replicate.output_host import OutputHost
from ui.rehearsal.replicate.prediction import Prediction
from ui.rehearsal.replicate.request import PredictionRequest
from ui.rehearsal.replicate.webhook_sender import WebhookSender
from ui.rehearsal.request_info import RequestInfo
from ui.rehearsal.settings import RehearsalSettings
from ui.rehearsal.usage_log import Entry, UsageLog

MAX_PREDICTIONS = 20_000
MAX_PHOTO_CHARS = 128 * 1024 * 1024  # of data URLs held in inputs
INTERRUPTED = "Prediction interrupted; please retry (code: PA)"
_FAILURES = {
    "e005": "The input or output was flagged as sensitive. Please try again with different inputs. (E005)",
    "e003": "Service is temporarily unavailable due to high demand. Please try again later. (E003)",
    "pa": INTERRUPTED,
}

log = Log("rehearsal")


class PredictionService:
    """All predictions of this cloud, oldest first; each is processed by an asyncio task of its own."""

    def __init__(
        self,
        settings: RehearsalSettings,
        usage_log: UsageLog,
        engine: RehearsalEngine,
        client: httpx.AsyncClient,
    ) -> None:
        self._settings, self._usage_log, self._engine, self._client = settings, usage_log, engine, client
        self.outputs = OutputHost(settings.kept_bytes)
        self._webhooks = WebhookSender(client, settings.webhook_secret, settings.webhook_delays)
        self._predictions: dict[str, Prediction] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._load_history()

    def _load_history(self) -> None:
        """Load earlier predictions from the usage log; unfinished ones fail as interrupted."""
        for entry in [each for each in self._usage_log.usage.entries.values() if each.operation == "create"]:
            if entry.outcome is None:
                self._usage_log.finish(entry.id, "failed/pa")
            status, _, why = (entry.outcome or "failed/pa").partition("/")
            at = datetime.fromisoformat(entry.at)
            prediction = Prediction(entry.id, entry.model, {}, at, "", style=entry.style, status=status)
            prediction.error = _FAILURES.get(why)
            prediction.completed_at = at
            prediction.forget()
            prediction.ended.set()
            self._predictions[entry.id] = prediction

    def create(
        self, asked: PredictionRequest, info: RequestInfo, faults: dict[str, Fault], base_url: str
    ) -> Prediction:
        """Create a prediction: recorded in the usage log first, then processed in the background."""
        now = utc_now()
        seconds = asked.cancel_after or self._settings.longest_seconds
        prediction = Prediction(
            id=prediction_id(),
            model=asked.model.slug,
            given=asked.given,
            created_at=now,
            base_url=base_url,
            webhook=asked.webhook,
            events=asked.events,
            deadline=now + timedelta(seconds=seconds) if asked.cancel_after else None,
            style=info.style,
            several=asked.model.several,
            price_microusd=asked.model.price(asked.given),
            faults=faults,
        )
        self._usage_log.accept(_entry(prediction, asked))
        self._predictions[prediction.id] = prediction
        task = asyncio.create_task(self._run(prediction, asked.model.photos_in(asked.given), seconds))
        self._tasks[prediction.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(prediction.id, None))
        log.info("prediction accepted", model=prediction.model, style=prediction.style)
        return prediction

    def find(self, id: str) -> Prediction | None:
        """The prediction with this id, or None."""
        self._expire_old()
        return self._predictions.get(id)

    def cancel(self, prediction: Prediction) -> None:
        """End it as canceled, unless it is over."""
        if not prediction.is_over:
            task = self._tasks.get(prediction.id)
            self._end(prediction, "canceled")
            if task:
                task.cancel()

    def newest_first(self) -> Iterator[Prediction]:
        """Every prediction that is kept, newest first."""
        self._expire_old()
        return reversed(list(self._predictions.values()))

    def document(
        self, prediction: Prediction, base_url: str | None = None, *, inline: bool = False
    ) -> dict[str, Any]:
        """The prediction's JSON document; `inline` puts pictures into it as data URLs."""
        inline = inline or "data_url" in prediction.faults
        return prediction.document(base_url, picture_at=self.outputs.data_at if inline else None)

    async def close(self) -> None:
        """Cancel every running prediction and webhook."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._webhooks.close()

    async def _run(self, prediction: Prediction, photos: list[str], seconds: float) -> None:
        self._send_webhook(prediction, "start")
        try:
            async with asyncio.timeout(seconds):
                await self._process(prediction, photos)
        except TimeoutError:
            self._end(prediction, "canceled" if prediction.started_at else "aborted")
        except PhotoUnreachable as error:
            self._end(prediction, "failed", error=f"Can't read the input image: {error}")

    async def _process(self, prediction: Prediction, photos: list[str]) -> None:
        faults = prediction.faults
        if "aborted" in faults:
            self._end(prediction, "aborted")
            return
        await _delay(faults.get("slow_start"))
        prediction.status, prediction.started_at = "processing", utc_now()
        photo = await photo_at(photos[0], self._client) if photos else None
        self._usage_log.start(prediction.id, photo.sha256 if photo else None)
        if "stuck" in faults:
            await asyncio.Event().wait()
        failure = next((kind for kind in _FAILURES if kind in faults), None)
        if failure is None:
            await self._draw(prediction, photo)
        else:
            await asyncio.sleep(self._settings.pace_seconds)
            self._end(prediction, "failed", error=_FAILURES[failure], why=failure)

    async def _draw(self, prediction: Prediction, photo: InputPhoto | None) -> None:
        spec = _picture_spec(prediction)
        _, picture = await asyncio.gather(
            asyncio.sleep(self._settings.pace_seconds), self._engine.draw(photo, spec)
        )
        await _delay(prediction.faults.get("slow"))
        if prediction.is_over:
            return
        if "no_output" not in prediction.faults:
            prediction.output = [self._host_output(prediction, picture, spec)]
        self._end(prediction, "succeeded", charge_microusd=prediction.price_microusd)

    def _host_output(self, prediction: Prediction, picture: bytes, spec: PictureSpec) -> str:
        faults = prediction.faults
        gone = faults.get("missing_output") or faults.get("expired_output")
        return self.outputs.host(
            prediction.id,
            picture,
            spec,
            seconds=gone.seconds if gone else self._settings.output_seconds,
            gone_status=gone.status if gone else 404,
            junk="junk_output" in faults,
        )

    def _end(
        self,
        prediction: Prediction,
        status: str,
        *,
        error: str | None = None,
        why: str | None = None,
        charge_microusd: int = 0,
    ) -> None:
        if prediction.is_over:
            return
        self._usage_log.finish(prediction.id, f"{status}/{why}" if why else status, charge_microusd)
        prediction.status, prediction.error, prediction.completed_at = status, error, utc_now()
        prediction.ended.set()
        self._evict()
        log.info("prediction over", model=prediction.model, style=prediction.style, state=status)
        self._send_webhook(prediction, "completed")

    def _send_webhook(self, prediction: Prediction, event: str) -> None:
        """Send the webhook of an event ("start" or "completed")."""
        document = self.document(prediction)
        self._webhooks.send(prediction, event, document, on_accepted=self.on_delivered(prediction, document))

    def on_delivered(self, prediction: Prediction, document: dict[str, Any]) -> Callable[[], None]:
        """A callback that records the delivery of `document`, to be run once it was sent whole."""
        over, inline = prediction.is_over, _is_inline(document["output"])

        def book() -> None:
            if over:
                self._usage_log.mark_reported(prediction.id)
            if inline:
                self._usage_log.deliver(prediction.id)

        return book

    def _evict(self) -> None:
        """Drop data-URL photos of ended predictions, oldest first, beyond MAX_PHOTO_CHARS in all."""
        held = sum(prediction.photo_chars for prediction in self._predictions.values())
        for prediction in self._predictions.values():
            if held <= MAX_PHOTO_CHARS:
                return
            if prediction.is_over:
                held -= prediction.photo_chars
                prediction.forget_photos()

    def _expire_old(self) -> None:
        long_ago = utc_now() - timedelta(seconds=self._settings.data_seconds)
        for prediction in self._predictions.values():
            if prediction.created_at > long_ago:
                break
            if prediction.is_over and not prediction.data_removed:
                prediction.forget()
        while len(self._predictions) > MAX_PREDICTIONS:
            with suppress(StopIteration):
                oldest = next(each for each in self._predictions.values())
                if not oldest.is_over:
                    break
                del self._predictions[oldest.id]


async def _delay(fault: Fault | None) -> None:
    if fault is not None:
        await asyncio.sleep(fault.seconds)


def _is_inline(output: Any) -> bool:
    first = output[0] if isinstance(output, list) and output else output
    return isinstance(first, str) and first.startswith("data:")


def _picture_spec(prediction: Prediction) -> PictureSpec:
    given, known = prediction.given, MODELS[prediction.model].fields
    fallback = known.get("output_format", {}).get("default", "jpg")
    return PictureSpec(
        style=prediction.style,
        seed=int(given.get("seed", secrets.randbelow(2**31))),
        aspect_ratio=str(given.get("aspect_ratio", "match_input_image")),
        output_format=str(given.get("output_format", fallback)),
    )


def _entry(prediction: Prediction, asked: PredictionRequest) -> Entry:
    return Entry(
        id=prediction.id,
        at=prediction.created_at.isoformat(),
        provider="replicate",
        operation="create",
        model=prediction.model,
        digest=content_digest({"model": prediction.model, "input": asked.model.without_photos(asked.given)}),
        call_id=find_call_id(asked.webhook, *reference_texts(asked.model.photos_in(asked.given))),
        style=prediction.style,
    )
