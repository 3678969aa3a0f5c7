"""Which failures are worth another try: one table, by class, most special first."""

from db.errors import RecordAway, RecordError
from tasks.errors import (
    CallBusy,
    DecoderBusy,
    LeaseLost,
    ModelsMissing,
    NotReady,
    NotSent,
    OverBudget,
    PhotoRefused,
    ProviderError,
    StoreError,
    StorykinError,
    TookTooLong,
    UsageError,
)

RETRY: tuple[tuple[type[Exception], bool], ...] = (
    (CallBusy, True),  # its result will be there
    (LeaseLost, False),  # someone else goes on with it
    (NotSent, True),  # it never left, or was turned away uncharged
    (NotReady, True),  # ordered, and not to be had yet
    (ProviderError, False),  # refused, failed, unknown, lost: a person decides
    (StoreError, True),  # bytes are kept under the same key again
    (ModelsMissing, False),
    (DecoderBusy, True),  # others are being opened
    (PhotoRefused, False),
    (UsageError, False),
    (OverBudget, False),  # until a person raises the budget, or the day ends
    (TookTooLong, False),  # its thread is on it still
    (StorykinError, False),  # says itself what to do
    (RecordAway, True),  # the database is away or busy for a moment
    (RecordError, False),  # it is read-only, full, or in the hands of another worker
    (TimeoutError, False),  # the same, before it is told so
    (OSError, True),  # a disk or a network that is away for a moment
)
FINAL_STORE_CODES = {
    "bad_expiry",
    "bad_key",
    "link_expired",
    "link_invalid",
    "object_missing",
    "store_conflict",
    "store_damaged",
    "store_denied",
    "store_not_ours",
}
DELAYS = (1.0, 4.0, 15.0)  # seconds before the second, third and fourth try; jitter is added


def worth_retrying(error: BaseException) -> bool:
    """Whether the same step may succeed if it is tried again."""
    if isinstance(error, StoreError) and error.code in FINAL_STORE_CODES:
        return False
    return next((again for kind, again in RETRY if isinstance(error, kind)), False)
