"""Pictures by Replicate: created once through the official-model endpoint, then polled until a deadline."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from db.log import Log
from tasks.errors import NotReady, OutcomeUnknown, OutputLost, ProviderError, UsageError
from tasks.providers.http.public_addresses import is_here
from tasks.providers.model_registry import (
    ImageModel,
    image_model,
    larger_of,
    refuse_after_sunset,
    sunset_warning,
)
from tasks.providers.output_life import is_surely_deleted
from tasks.providers.protocols import ImageOutput, ImageRequest, Store
from tasks.providers.replicate.errors import UNHEARD, ServerTrouble, outcome_error
from tasks.providers.replicate.input_photo import publish_input, unpublish_inputs
from tasks.providers.replicate.inputs import input_for
from tasks.providers.replicate.output import picture_of
from tasks.providers.replicate.prediction import Prediction
from tasks.providers.replicate.records import provider_record_of
from tasks.providers.replicate.wire import PredictionRequest, ReplicateWire
from tasks.providers.request_history import ProviderOutcome, ProviderRecord, Search

log = Log("replicate")

SHORTEST_LIFE = 5  # seconds; what Cancel-After takes at least
_EMPTY_READS = 3  # the first may be too early for the provider's own books
_MARGIN = timedelta(minutes=2)  # clocks tell whole seconds, and requests have been on their way


@dataclass(frozen=True)
class Patience:
    """How long to wait for a picture, in seconds, and how often to ask."""

    deadline: float = 300.0
    first_pause: float = 1.0
    longest_pause: float = 3.0
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)


class ReplicateImage:
    """Draws with a model on Replicate. Implements `ImageProvider` and `RequestHistory`. Thread-safe.

    `hook_base` is the address under which Replicate reaches our webhook, "" for polling alone.
    """

    name = "replicate"
    charges = True

    def __init__(
        self,
        wire: ReplicateWire,
        *,
        slug: str,
        store: Store,
        hook_base: str = "",
        patience: Patience | None = None,
    ) -> None:
        self._wire = wire
        self._store = store
        self._hook_base = hook_base.rstrip("/")
        self._patience = patience or Patience()
        self._model: ImageModel = image_model(slug)
        self.model = slug
        self.draws_for_print = self._model.print is not None
        self.most_photos = self._model.most_photos if self._model.photo_is_list else 1
        self.answer_seconds = wire.create_seconds + 2 * wire.read_seconds  # it may look in the books at once
        if sunset_warning(self._model):
            log.warning("model will be switched off", provider=self.name, model=slug)

    def estimate_microusd(self, request: ImageRequest) -> int:
        """The price of one picture."""
        larger = larger_of(self._model, request.parameters)
        return larger.price_microusd if larger else self._model.price_microusd

    def submit(self, request: ImageRequest) -> str:
        """Ask for the picture, with one POST, and return the prediction's id.

        Raises NotSent, CallFailed, OutcomeUnknown, StoreError, UsageError (`model_sunset`, `too_much_input`).
        """
        refuse_after_sunset(self._model)
        pictures = (request.photo, *request.references)
        if len(pictures) > self.most_photos:
            raise UsageError(
                "This is more than Replicate's model takes for one picture.", code="too_much_input"
            )
        urls = [
            publish_input(self._store, each, request.call_id, number)
            for number, each in enumerate(pictures, 1)
        ]
        prediction_request = PredictionRequest(
            slug=self.model,
            input=input_for(self._model, request, urls),
            cancel_after_seconds=max(SHORTEST_LIFE, int(self._patience.deadline)),
            webhook=self._hook(request.call_id),
        )
        request.last_check()
        asked = time.monotonic()
        try:
            return self._wire.create(prediction_request).id
        except ServerTrouble:
            return self._taken_all_the_same(request.call_id, timedelta(seconds=time.monotonic() - asked))

    def collect(self, provider_id: str, request: ImageRequest) -> ImageOutput:
        """Wait for the picture. Safe to call again after a crash.

        Raises NotReady (not here yet), Refused, CallFailed, OutputLost.
        """
        started = self._patience.clock()
        prediction = self._finished(provider_id, request, started + self._patience.deadline)
        unpublish_inputs(self._store, request.call_id, 1 + len(request.references))
        error = outcome_error(prediction, self.estimate_microusd(request))
        if error is not None:
            raise error
        waited = self._patience.clock() - started
        return picture_of(
            prediction,
            self._model,
            request,
            price_microusd=self.estimate_microusd(request),
            api=self._wire.base_url,
            seconds=waited,
        )

    def find_requests(self, call_id: str, age: timedelta) -> Search:
        """Every prediction made for `call_id` that is no older than `age`, by the account's list. Raises
        NotReady.
        """
        found, complete = [], True
        history = self._wire.recent(age + _MARGIN)
        for prediction in history.predictions:
            provider_record = provider_record_of(prediction)
            if provider_record.call_id == call_id:
                found.append(provider_record)
            # Its input is gone or does not tell whose it is, so it might be the one that is looked for.
            elif provider_record.call_id is None and prediction.model in ("", self.model):
                made = prediction.created_at
                complete = complete and made is not None and made < history.since
        return Search(tuple(found), complete, history.as_of)

    def find_request(self, provider_id: str) -> ProviderRecord | None:
        """The prediction with this id, or None. Raises NotReady."""
        prediction = self._wire.get(provider_id)
        return provider_record_of(prediction) if prediction is not None else None

    def _hook(self, call_id: str) -> str:
        """Where to tell us of it, or "". Replicate takes https alone, a stand-in on this machine http too."""
        if not self._hook_base:
            return ""
        if not self._hook_base.startswith("https://") and not is_here(self._wire.base_url):
            return ""
        return f"{self._hook_base}/hooks/replicate/{call_id}"

    def _taken_all_the_same(self, call_id: str, age: timedelta) -> str:
        """After a 500 or 503: the id if the books show the request already, else OutcomeUnknown. Books may
        lag, so what is missing from them now proves nothing yet; `tasks.settlement.reconcile` asks again.
        """
        try:
            search = self.find_requests(call_id, age)
        except NotReady:
            raise OutcomeUnknown(UNHEARD) from None
        for provider_record in search.provider_records:
            if provider_record.outcome is ProviderOutcome.ALIVE:
                return provider_record.provider_id
        raise OutcomeUnknown(UNHEARD)

    def _finished(self, provider_id: str, request: ImageRequest, deadline: float) -> Prediction:
        pause, missing = self._patience.first_pause, 0
        while True:
            wait = pause
            try:
                prediction = self._wire.get(provider_id)
            except NotReady as error:
                if error.code == "unauthorized":
                    raise
                wait = max(pause, error.retry_after or 0.0)
            else:
                if prediction is not None and prediction.is_final:
                    return prediction
                missing = missing + 1 if prediction is None else 0
            if missing >= _EMPTY_READS:
                raise self._not_shown(request)
            left = deadline - self._patience.clock()
            if left <= 0:
                return self._called_off(provider_id)
            self._patience.sleep(min(wait, left))
            pause = min(pause * 1.5, self._patience.longest_pause)

    def _not_shown(self, request: ImageRequest) -> ProviderError:
        """Its books do not show what it took on: lost only once it has deleted the picture in any case."""
        if not is_surely_deleted(request.age()):
            return NotReady("Replicate does not show this picture right now.", code="not_shown")
        sentence = "Replicate no longer knows this picture."
        return OutputLost(sentence, charged_microusd=self.estimate_microusd(request))

    def _called_off(self, provider_id: str) -> Prediction:
        """Our deadline has passed: cancel, and take what the prediction then is, a late picture included."""
        log.warning("deadline passed", provider=self.name, model=self.model)
        self._wire.cancel(provider_id)
        prediction = self._wire.get(provider_id)
        if prediction is None or not prediction.is_final:
            raise NotReady("Replicate is still drawing this picture.", code="still_running")
        return prediction
