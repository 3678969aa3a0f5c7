"""Errors that people read: a code for machines, a sentence for a parent."""

from db.errors import UserFacingError
from db.told import one_after_the_other


class StorykinError(UserFacingError):
    """The work went wrong."""

    def add(self, more: str) -> None:
        """Let the sentence go on with `more`; "" changes nothing."""
        if more:
            self.sentence = one_after_the_other(self.sentence, more)
            self.args = (self.sentence,)


class PhotoRefused(StorykinError):
    """The photo can't be used, before anything was paid: `code` is one of `tasks.photo.codes`."""

    code = "photo_refused"


class UsageError(StorykinError):
    """The request makes no sense: an unknown style, a missing name."""

    code = "usage"


class RunTokenUsed(UsageError):
    """A run token stands for one run: it came again, with another character, other styles or `another`."""

    code = "run_token_used"

    def __init__(
        self,
        sentence: str = "This run token belongs to a run that was asked for with other choices, so nothing "
        "was started. Ask for a new run, under a token of its own.",
    ) -> None:
        super().__init__(sentence)


class StoreError(StorykinError):
    """The store did not keep or give the bytes."""

    code = "store"


class ModelsMissing(StorykinError):
    """The local engine's weights are not here yet."""

    code = "models_missing"


class WeightLeftOut(ModelsMissing):
    """This installation does without the weights that were asked for: STORYKIN_WEIGHTS is permissive."""


class ProviderError(StorykinError):
    """A provider call went wrong; the subclass says what that means for money and for a retry."""

    code = "provider"


class _ComeBackLater(ProviderError):
    """Trying again may help; `retry_after` says after how many seconds, if the provider does."""

    def __init__(self, sentence: str, *, code: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(sentence, code=code)
        self.retry_after = retry_after


class NotSent(_ComeBackLater):
    """The request did not reach the provider, or was turned away uncharged: nothing is bought. Send it again,
    with jitter.
    """

    code = "not_sent"


class NotReady(_ComeBackLater):
    """What was ordered before is not to be had yet, or the provider can't be read just now: nothing is sent
    again. Reading again costs nothing, with jitter.
    """

    code = "not_ready"


class Refused(ProviderError):
    """The provider's safety said no: terminal, never tried again. What that cost, where it is known."""

    code = "refused"

    def __init__(
        self, sentence: str, *, code: str | None = None, charged_microusd: int | None = None
    ) -> None:
        super().__init__(sentence, code=code)
        self.charged_microusd = charged_microusd


class CallFailed(ProviderError):
    """The provider answered that it failed, and what that cost is known: not tried again by itself."""

    code = "call_failed"

    def __init__(self, sentence: str, *, code: str | None = None, charged_microusd: int = 0) -> None:
        super().__init__(sentence, code=code)
        self.charged_microusd = charged_microusd


class OutcomeUnknown(ProviderError):
    """The request left and no answer came: possibly paid, never sent again by a machine."""

    code = "outcome_unknown"


class OutputLost(ProviderError):
    """The picture was made and paid for, and its temporary address expired before we copied it."""

    code = "output_lost"

    def __init__(
        self, sentence: str, *, code: str | None = None, charged_microusd: int | None = None
    ) -> None:
        super().__init__(sentence, code=code)
        self.charged_microusd = charged_microusd


class LeaseLost(ProviderError):
    """Another worker took this call over; this one must stop without a word to the provider."""

    code = "lost_lease"


class CallBusy(NotReady):
    """Another live worker holds this call: its result will be there in a moment."""

    code = "call_busy"


class Throttled(NotSent):
    """The provider said 429: too many requests. `per_minute` is the pace it holds the account to, if said."""

    code = "throttled"

    def __init__(
        self,
        sentence: str,
        *,
        code: str | None = None,
        retry_after: float | None = None,
        per_minute: int | None = None,
    ) -> None:
        super().__init__(sentence, code=code, retry_after=retry_after)
        self.per_minute = per_minute


class TookTooLong(StorykinError):
    """A step was still at it when its time was over: a thread may hold a call that is paid for."""

    code = "timeout"


class OverBudget(StorykinError):
    """Doing this would spend more than the budget allows: refused before anything was spent."""

    code = "over_budget"


class DecoderBusy(StorykinError):
    """A photo could not be opened in time because others are being opened: nothing is wrong with it."""

    code = "busy"
    retry_after = 15.0  # seconds

    def __init__(
        self, sentence: str = "Many photos are being opened just now. Please try again in a moment."
    ) -> None:
        super().__init__(sentence)
