"""How long a provider keeps what it made: until then nothing that was paid for is given up."""

from datetime import datetime, timedelta

from db.ids import moment_of, utc_now
from tasks.providers.protocols import ImageRequest

OUTPUT_LIFE = timedelta(minutes=70)  # Replicate's hour begins when the picture is done


def kept_until(request: ImageRequest, created_at: datetime | None = None) -> datetime | None:
    """When the picture that was ordered by `request`, at `created_at` by the provider's clock, has surely
    been deleted there; None where nothing tells.
    """
    ordered = request.accepted_at or moment_of(request.call_id)
    known = [moment for moment in (created_at, ordered) if moment is not None]
    return max(known) + OUTPUT_LIFE if known else None


def is_over(moment: datetime | None) -> bool:
    """Whether `moment` has passed; what nobody knows has not."""
    return moment is not None and utc_now() > moment
