"""The first thing a newcomer sees: one character, made from a photo in the public domain."""

import sys
from pathlib import Path

from db.repositories import character_counts
from flows.request_run import submit_run
from flows.start_character import CharacterRequest, start_character
from flows.submit import submit_character_run
from tasks.errors import StorykinError
from tasks.intake.normalize import normalize_photo
from tasks.runtime import current_runtime
from tasks.styles.packs import drawn_locally

# NASA's portrait of the astronaut Eileen Collins, a work of the United States government.
PHOTO = Path(__file__).with_name("demo_photo.jpg")
NAME = "Eileen (demo)"


def ensure_demo() -> str | None:
    """If nobody was ever on record, create the demo character and submit its run. Its id; None if not needed
    (also where everybody was erased: nobody comes back by a start), or if it would cost money.

    Raises StorykinError when it can't be made: everything else works without it.
    """
    runtime = current_runtime()
    if any(each.charges for each in runtime.providers):
        return None
    with runtime.record.reading() as session:
        if any(character_counts.read(session).values()):
            return None
    request = CharacterRequest(NAME, "woman", drawn_locally(), consent=True, actor="demo")
    started = start_character(runtime, request, normalize_photo(PHOTO.read_bytes()))
    asked = submit_run(runtime, started.run_token, submit_character_run)
    if asked.problem:
        raise StorykinError(asked.problem, code="prefect_unreachable")
    return started.character_id


def main() -> int:
    """`python -m flows.launch.demo`: a process of its own, so that the launcher need not load OpenCV."""
    try:
        ensure_demo()
    except StorykinError as error:
        sys.stderr.write(f"{error.sentence}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
