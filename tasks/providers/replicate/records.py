"""What a prediction, from the list or from a webhook, says of a call of ours."""

from tasks import strict_json
from tasks.errors import CallFailed, OutputLost, ProviderError, Refused
from tasks.providers.replicate.errors import outcome_error
from tasks.providers.replicate.input_photo import called_for
from tasks.providers.replicate.prediction import Prediction, read_prediction
from tasks.providers.request_history import ProviderOutcome, ProviderRecord

_ANY_PRICE = 1  # only whether it was charged matters here


def provider_record_of(prediction: Prediction) -> ProviderRecord:
    """The prediction in words that name no vendor."""
    error = outcome_error(prediction, _ANY_PRICE)
    return ProviderRecord(
        provider_id=prediction.id,
        outcome=_outcome(error),
        is_final=prediction.is_final,
        call_id=called_for(prediction.input),
        created_at=prediction.created_at,
        code=error.code if error else "",
        sentence=error.sentence if error else "",
    )


def provider_record_in(body: bytes) -> ProviderRecord | None:
    """What a webhook's body tells, or None when there is no prediction in it."""
    try:
        prediction = read_prediction(strict_json.loads(body))
    except ValueError:
        return None
    return provider_record_of(prediction) if prediction is not None else None


def _outcome(error: ProviderError | None) -> ProviderOutcome:
    if isinstance(error, Refused):
        return ProviderOutcome.REFUSED
    if isinstance(error, OutputLost):
        return ProviderOutcome.LOST
    if isinstance(error, CallFailed) and not error.charged_microusd:
        return ProviderOutcome.FAILED
    return ProviderOutcome.ALIVE  # a failure that is charged, too: collecting it ends the call with its price
