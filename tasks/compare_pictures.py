"""Pictures of workers that can't see, compared with their photos afterwards: until then nobody is shown them.

A bought picture costs its worker a wait, and 1.4 CPU seconds of looking at it. Where that is left to others
(STORYKIN_COMPARE=later), a worker needs neither weights nor OpenCV, and holds as many requests as it is let.
The check for bare skin must come before anybody sees the picture, so it is recorded as held back: every door
that is shut to a rejected picture is shut to it from the first moment, and no door has to learn of a new
state. Once compared it is proposed, or withheld for good reason, as if it had been measured at once.
"""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from db.errors import NotFound
from db.event_kinds import RunStep
from db.log import Log
from db.models import CharacterImage
from db.repositories import images
from tasks.perception.weights.installed import missing_weights
from tasks.progress import Run
from tasks.record_image import withhold
from tasks.runtime import Runtime
from tasks.score_likeness import score_likeness
from tasks.settings import provider_settings
from tasks.write_prompt import PictureWork

log = Log("likeness")

SECONDS = 300.0  # of one round: housekeeping has other chores, every ten minutes
PAGE = 100


def compare_waiting(runtime: Runtime, *, now: Callable[[], float] = time.monotonic) -> int:
    """Compare what waits, for five minutes at the most; returns how many pictures were.

    Nothing is compared, and all stays held, by a worker that can't see: one with STORYKIN_COMPARE=later, or
    without weights.
    """
    if not provider_settings().compares_here:
        return 0
    until, done = now() + SECONDS, 0
    able: bool | None = None
    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="compare") as threads:
        for page in _pages(runtime):
            if able is None and not (able := not missing_weights()):
                log.warning("pictures wait for weights", count=len(page))
                return 0

            def compare(image: CharacterImage) -> bool:
                return now() < until and _compare(runtime, image)

            done += sum(threads.map(compare, page))
            if now() >= until:
                break
    return done


def _pages(runtime: Runtime) -> Iterator[list[CharacterImage]]:
    after = ""
    while True:
        with runtime.record.reading() as session:
            page = images.not_compared(session, after=after, most=PAGE)
        if not page:
            return
        yield page
        after = page[-1].id


def _compare(runtime: Runtime, image: CharacterImage) -> bool:
    """Compare one picture; whether it was this look that proposed or withheld it."""
    work = PictureWork(
        image.character_id, image.prompt_artifact_id, image.work_key, image.style, image.ordinal
    )
    run = Run(runtime, image.character_id, image.run_token)
    try:
        with run.step(RunStep.LIKENESS, image.style):
            likeness = score_likeness(runtime, work, image.asset_id)
        with runtime.record.writing() as session:
            ours = images.compared(session, image.id, likeness, likeness["metric_version"])
            if ours:
                withhold(session, image.id, likeness)
    except NotFound:  # erased meanwhile
        return False
    return ours
