"""Photos as they come in: checked at once, priced together, started one by one, watched as a queue."""

from base64 import b64encode
from collections.abc import Sequence

from db.ids import utc_now
from db.told import told
from tasks.errors import PhotoRefused, UsageError
from tasks.intake.check import PhotoCheck, Verdict, check_photo
from tasks.picture_options import picture_options
from ui.handlers.estimate import estimate_for_several
from ui.handlers.people import face_thumbnails
from ui.handlers.remaining import left_seconds, past_runs
from ui.handlers.runs import run_view
from ui.handlers.start import check_key, uploaded
from ui.services import StudioServices
from ui.views.estimate import Estimate
from ui.views.intake import CheckedUpload, QueueLine
from ui.views.new import FaceThumbnail

MOST_RUNS = 100  # a page asks for at once


def check_upload(services: StudioServices, upload_key: str, face: str | None = None) -> CheckedUpload:
    """Check an uploaded photo, of which `face` is meant. What passes is kept in memory for the start.

    Raises UsageError for a key that is none, an upload that is gone, or a face that is no choice;
    StoreError, DecoderBusy, ModelsMissing.
    """
    check_key(upload_key)
    data = uploaded(services, upload_key)
    check = check_photo(data, services.normalize, face=face)
    if check.photo is not None:
        services.checked_photos.keep(upload_key, face, check.photo)
    return CheckedUpload(
        check.verdict,
        check.digest,
        check.sentences,
        check.code,
        f"data:image/jpeg;base64,{b64encode(check.preview).decode()}" if check.preview else "",
        _people(data, check),
    )


def _people(data: bytes, check: PhotoCheck) -> tuple[FaceThumbnail, ...]:
    """Who may be meant, where there is a choice."""
    if check.verdict is not Verdict.WHICH and check.faces < 2:
        return ()
    try:
        return face_thumbnails(data)
    except PhotoRefused:
        return ()


def estimate_of_list(services: StudioServices, wishes: Sequence[tuple[Sequence[str], str]]) -> Estimate:
    """What characters in these styles and resolutions would cost together."""
    chosen = [(styles, picture_options(resolution=resolution)) for styles, resolution in wishes]
    return estimate_for_several(services.runtime, chosen)


def queue_lines(services: StudioServices, run_tokens: Sequence[str]) -> list[QueueLine]:
    """How these runs stand, in the order given; those that don't exist are left out.

    Raises UsageError for too many.
    """
    if len(run_tokens) > MOST_RUNS:
        raise UsageError(
            told("Ask for at most %(most_runs)s runs at once.", most_runs=MOST_RUNS), code="too_many"
        )
    views = [run_view(services, token) for token in dict.fromkeys(run_tokens)]
    with services.record.reading() as session:
        past = past_runs(session, utc_now())
    return [QueueLine(view, left_seconds(view, past)) for view in views if view is not None]
