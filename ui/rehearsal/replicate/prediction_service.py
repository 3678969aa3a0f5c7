"""The desk: predictions are taken on, live, end, are told of and forgotten."""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import httpx

from db.ids import utc_now
from db.log import Log
from ui.rehearsal.artist import Artist, Commission
from ui.rehearsal.call_marks import call_in, marks_of, meaning_digest
from ui.rehearsal.facts import Facts
from ui.rehearsal.faults import Fault
from ui.rehearsal.photos import GivenPhoto, PhotoOutOfReach, photo_at
from ui.rehearsal.provider_ids import prediction_id
from ui.rehearsal.replicate.image_models import MODELS
from ui.rehearsal.replicate.output_host import OutputHost
from ui.rehearsal.replicate.prediction import Prediction
from ui.rehearsal.replicate.request import PredictionRequest
from ui.rehearsal.replicate.webhook_sender import WebhookSender
from ui.rehearsal.settings import RehearsalSettings
from ui.rehearsal.usage_log import Entry, UsageLog

MOST_KEPT = 20_000
MOST_PHOTO_LETTERS = 128 * 1024 * 1024  # of data URLs held in inputs
INTERRUPTED = "Prediction interrupted; please retry (code: PA)"
_FAILURES = {
    "e005": "The input or output was flagged as sensitive. Please try again with different inputs. (E005)",
    "e003": "Service is temporarily unavailable due to high demand. Please try again later. (E003)",
    "pa": INTERRUPTED,
}

log = Log("rehearsal")


class PredictionService:
    """Every prediction of this cloud, newest last."""

    def __init__(
        self, settings: RehearsalSettings, bank: UsageLog, artist: Artist, client: httpx.AsyncClient
    ) -> None:
        self._settings, self._bank, self._artist, self._client = settings, bank, artist, client
        self.outputs = OutputHost(settings.kept_bytes)
        self._courier = WebhookSender(client, settings.webhook_secret, settings.webhook_delays)
        self._predictions: dict[str, Prediction] = {}
        self._lives: dict[str, asyncio.Task[None]] = {}
        self._take_up()

    def _take_up(self) -> None:
        """What the books tell of an earlier run of this program; what it was drawing is interrupted."""
        for entry in [each for each in self._bank.books.entries.values() if each.operation == "create"]:
            if entry.outcome is None:
                self._bank.finish(entry.id, "failed/pa")
            status, _, why = (entry.outcome or "failed/pa").partition("/")
            at = datetime.fromisoformat(entry.at)
            prediction = Prediction(entry.id, entry.model, {}, at, "", style=entry.style, status=status)
            prediction.error = _FAILURES.get(why)
            prediction.completed_at = at
            prediction.forget()
            prediction.ended.set()
            self._predictions[entry.id] = prediction

    def create(
        self, order: PredictionRequest, facts: Facts, faults: dict[str, Fault], base_url: str
    ) -> Prediction:
        """Take a prediction on: booked first, then alive."""
        now = utc_now()
        seconds = order.cancel_after or self._settings.longest_seconds
        prediction = Prediction(
            id=prediction_id(),
            model=order.model.slug,
            given=order.given,
            created_at=now,
            base_url=base_url,
            webhook=order.webhook,
            events=order.events,
            deadline=now + timedelta(seconds=seconds) if order.cancel_after else None,
            style=facts.style,
            several=order.model.several,
            price_microusd=order.model.price(order.given),
            faults=faults,
        )
        self._bank.accept(_entry(prediction, order))
        self._predictions[prediction.id] = prediction
        life = asyncio.create_task(self._live(prediction, order.model.photos_in(order.given), seconds))
        self._lives[prediction.id] = life
        life.add_done_callback(lambda _: self._lives.pop(prediction.id, None))
        log.info("prediction taken on", model=prediction.model, style=prediction.style)
        return prediction

    def find(self, id: str) -> Prediction | None:
        """The prediction called `id`, or None."""
        self._forget_old()
        return self._predictions.get(id)

    def cancel(self, prediction: Prediction) -> None:
        """End it, if it has not ended by itself."""
        if not prediction.is_over:
            life = self._lives.get(prediction.id)
            self._end(prediction, "canceled")
            if life:
                life.cancel()

    def newest_first(self) -> Iterator[Prediction]:
        """All of them."""
        self._forget_old()
        return reversed(list(self._predictions.values()))

    def document(
        self, prediction: Prediction, base_url: str | None = None, *, inline: bool = False
    ) -> dict[str, Any]:
        """What is said of it; `inline` puts pictures into it as data URLs."""
        inline = inline or "data_url" in prediction.faults
        return prediction.document(base_url, picture_at=self.outputs.data_at if inline else None)

    async def close(self) -> None:
        """End every life and every webhook."""
        lives = list(self._lives.values())
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)
        await self._courier.close()

    async def _live(self, prediction: Prediction, photos: list[str], seconds: float) -> None:
        self._write(prediction, "start")
        try:
            async with asyncio.timeout(seconds):
                await self._work(prediction, photos)
        except TimeoutError:
            self._end(prediction, "canceled" if prediction.started_at else "aborted")
        except PhotoOutOfReach as error:
            self._end(prediction, "failed", error=f"Can't read the input image: {error}")

    async def _work(self, prediction: Prediction, photos: list[str]) -> None:
        faults = prediction.faults
        if "aborted" in faults:
            self._end(prediction, "aborted")
            return
        await _linger(faults.get("slow_start"))
        prediction.status, prediction.started_at = "processing", utc_now()
        photo = await photo_at(photos[0], self._client) if photos else None
        self._bank.start(prediction.id, photo.sha256 if photo else None)
        if "stuck" in faults:
            await asyncio.Event().wait()
        failure = next((kind for kind in _FAILURES if kind in faults), None)
        if failure is None:
            await self._draw(prediction, photo)
        else:
            await asyncio.sleep(self._settings.pace_seconds)
            self._end(prediction, "failed", error=_FAILURES[failure], why=failure)

    async def _draw(self, prediction: Prediction, photo: GivenPhoto | None) -> None:
        commission = _commission(prediction)
        _, picture = await asyncio.gather(
            asyncio.sleep(self._settings.pace_seconds), self._artist.draw(photo, commission)
        )
        await _linger(prediction.faults.get("slow"))
        if prediction.is_over:
            return
        if "no_output" not in prediction.faults:
            prediction.output = [self._hosted(prediction, picture, commission)]
        self._end(prediction, "succeeded", charge_microusd=prediction.price_microusd)

    def _hosted(self, prediction: Prediction, picture: bytes, commission: Commission) -> str:
        faults = prediction.faults
        gone = faults.get("missing_output") or faults.get("expired_output")
        return self.outputs.host(
            prediction.id,
            picture,
            commission,
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
        self._bank.finish(prediction.id, f"{status}/{why}" if why else status, charge_microusd)
        prediction.status, prediction.error, prediction.completed_at = status, error, utc_now()
        prediction.ended.set()
        self._make_room()
        log.info("prediction over", model=prediction.model, style=prediction.style, state=status)
        self._write(prediction, "completed")

    def _write(self, prediction: Prediction, event: str) -> None:
        """Send the webhook of an event."""
        document = self.document(prediction)
        self._courier.send(prediction, event, document, taken=self.heard(prediction, document))

    def heard(self, prediction: Prediction, document: dict[str, Any]) -> Callable[[], None]:
        """What to book once a document about the prediction has arrived."""
        over, inline = prediction.is_over, _is_inline(document["output"])

        def book() -> None:
            if over:
                self._bank.record_event(prediction.id)
            if inline:
                self._bank.deliver(prediction.id)

        return book

    def _make_room(self) -> None:
        """Photos that came as data URLs are dropped early, oldest first, when they weigh too much."""
        held = sum(prediction.photo_letters for prediction in self._predictions.values())
        for prediction in self._predictions.values():
            if held <= MOST_PHOTO_LETTERS:
                return
            if prediction.is_over:
                held -= prediction.photo_letters
                prediction.forget_photos()

    def _forget_old(self) -> None:
        long_ago = utc_now() - timedelta(seconds=self._settings.data_seconds)
        for prediction in self._predictions.values():
            if prediction.created_at > long_ago:
                break
            if prediction.is_over and not prediction.data_removed:
                prediction.forget()
        while len(self._predictions) > MOST_KEPT:
            with suppress(StopIteration):
                oldest = next(each for each in self._predictions.values())
                if not oldest.is_over:
                    break
                del self._predictions[oldest.id]


async def _linger(fault: Fault | None) -> None:
    if fault is not None:
        await asyncio.sleep(fault.seconds)


def _is_inline(output: Any) -> bool:
    first = output[0] if isinstance(output, list) and output else output
    return isinstance(first, str) and first.startswith("data:")


def _commission(prediction: Prediction) -> Commission:
    given, known = prediction.given, MODELS[prediction.model].fields
    fallback = known.get("output_format", {}).get("default", "jpg")
    return Commission(
        style=prediction.style,
        seed=int(given.get("seed", secrets.randbelow(2**31))),
        aspect_ratio=str(given.get("aspect_ratio", "match_input_image")),
        output_format=str(given.get("output_format", fallback)),
    )


def _entry(prediction: Prediction, order: PredictionRequest) -> Entry:
    return Entry(
        id=prediction.id,
        at=prediction.created_at.isoformat(),
        provider="replicate",
        operation="create",
        model=prediction.model,
        digest=meaning_digest({"model": prediction.model, "input": order.model.without_photos(order.given)}),
        call_id=call_in(order.webhook, *marks_of(order.model.photos_in(order.given))),
        style=prediction.style,
    )
