"""A run's hand on its character's status: it moves it only while it is the character's newest run."""

from db.lifecycle import move
from db.models import CharacterStatus
from db.repositories import characters
from tasks.progress import Run

UNDER_WAY = {CharacterStatus.QUEUED, CharacterStatus.PROFILING, CharacterStatus.ILLUSTRATING}


def begin(run: Run) -> None:
    """Queued → profiling. A run that was not announced announces itself; one that is resumed goes on."""
    with run.workshop.record.writing() as session:
        character = characters.get(session, run.character_id)
        if character.run_token != run.token or character.status not in UNDER_WAY:
            character = characters.begin_run(session, run.character_id, run.token)
        if character.status is CharacterStatus.QUEUED:
            move(session, character, CharacterStatus.PROFILING, run_token=run.token)


def enter(run: Run, status: CharacterStatus) -> None:
    """Go to `status` unless the character is there, or a newer run has it."""
    end(run, status)


def end(run: Run, status: CharacterStatus, reason: str | None = None, sentence: str | None = None) -> None:
    """Go to `status` with the reason a person reads, unless a newer run has taken the character over."""
    with run.workshop.record.writing() as session:
        character = characters.get(session, run.character_id)
        if character.run_token == run.token and character.status is not status:
            move(session, character, status, reason=reason, sentence=sentence, run_token=run.token)
