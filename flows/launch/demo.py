"""The first thing a newcomer sees: one character, made from a photo in the public domain."""

import sys
from pathlib import Path

from db.ids import new_id
from db.repositories import characters
from flows.submit import submit_character_run
from tasks.create_character import create_character
from tasks.errors import StorykinError
from tasks.normalise_photo import normalise_photo
from tasks.progress import Run
from tasks.style_packs import ORDER
from tasks.workshop import workshop

# NASA's portrait of the astronaut Eileen Collins, a work of the United States government.
PHOTO = Path(__file__).with_name("demo_photo.jpg")
NAME = "Eileen (demo)"


def ensure_demo() -> str | None:
    """If the record is empty, create the demo character and submit its run. Its id; None if not needed, or
    if it would cost money: nobody has asked for it.

    Raises StorykinError when it can't be made: everything else works without it.
    """
    tools = workshop()
    if tools.vision.charges or tools.image.charges:
        return None
    with tools.record.reading() as session:
        if characters.page(session, limit=1).total:
            return None
    character_id = create_character(
        tools,
        photo=normalise_photo(PHOTO.read_bytes()),
        name=NAME,
        gender="woman",
        consent=True,
        actor="demo",
    )
    _ask_for_run(Run(tools, character_id, new_id()))
    return character_id


def _ask_for_run(run: Run) -> None:
    """Queue the run, then hand it over: in between it stands on record, and the studio can try again."""
    with run.workshop.record.writing() as session:
        characters.begin_run(session, run.character_id, run.token)
    run.tell("run.asked", "Asked for all five styles", styles=list(ORDER), another=False)
    flow_run_id = submit_character_run(run.character_id, list(ORDER), run.token)
    run.tell("run.submitted", "Handed to Prefect", flow_run_id=flow_run_id)


def main() -> int:
    """`python -m flows.launch.demo`: a process of its own, so that the launcher need not load the eyes."""
    try:
        ensure_demo()
    except StorykinError as error:
        sys.stderr.write(f"{error.sentence}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
