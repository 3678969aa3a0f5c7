"""Which failures are worth another try: one table, by class, most special first."""

from tasks.errors import (
    CallBusy,
    LostLease,
    ModelsMissing,
    NotSent,
    PhotoRefused,
    ProviderError,
    StoreError,
    UsageError,
)

RETRY: tuple[tuple[type[Exception], bool], ...] = (
    (CallBusy, True),  # its result will be there
    (LostLease, False),  # someone else goes on with it
    (NotSent, True),  # it never left, or was turned away uncharged
    (ProviderError, False),  # refused, failed, unknown, lost: a person decides
    (StoreError, True),  # bytes are kept under the same key again
    (ModelsMissing, False),
    (PhotoRefused, False),
    (UsageError, False),
    (OSError, True),  # a database or a disk that is away for a moment
)
FINAL_STORE_CODES = {
    "bad_expiry",
    "bad_key",
    "link_expired",
    "link_invalid",
    "link_used",
    "object_missing",
    "store_conflict",
    "store_damaged",
    "store_denied",
}
DELAYS = (1.0, 4.0, 15.0)  # seconds before the second, third and fourth try; jitter is added


def worth_retrying(error: BaseException) -> bool:
    """Whether the same step may succeed if it is tried again."""
    if isinstance(error, StoreError) and error.code in FINAL_STORE_CODES:
        return False
    for kind, again in RETRY:
        if isinstance(error, kind):
            return again
    return type(error).__name__ in {"OperationalError", "InterfaceError"}  # the database was away
