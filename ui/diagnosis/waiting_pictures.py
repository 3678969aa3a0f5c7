"""Pictures that are held back until somebody compares them with their photos: does anybody?"""

from collections.abc import Iterator
from datetime import timedelta

from db.engine import record
from db.migrate import is_current
from db.repositories import clock, images
from db.told import told
from ui.diagnosis.check_result import CheckResult, warning

NAME = "comparing"
PATIENCE = timedelta(hours=1)  # housekeeping comes round every ten minutes


def waiting_pictures() -> Iterator[CheckResult]:
    """Whether a picture has waited for long. Raises RecordError."""
    if not is_current():
        return  # told by the look at the tables
    with record().reading() as session:
        oldest = images.not_compared(session, most=1)
        now = clock.now(session)
    if oldest and now - oldest[0].created_at >= PATIENCE:
        yield warning(
            NAME,
            told(
                "Pictures have waited to be compared with their photos since %(since)s UTC, and nobody is "
                "shown them before. Run a worker that serves the queue housekeeping, with "
                "STORYKIN_COMPARE=here and the weights (`storykin models fetch`).",
                since=f"{oldest[0].created_at:%Y-%m-%d %H:%M}",
            ),
        )
