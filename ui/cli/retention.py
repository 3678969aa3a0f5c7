"""`storykin retention`: what is kept of whom, and until when."""

from typing import Any

from db.engine import record
from db.record_state import require_current
from db.repositories import characters
from tasks.erasure.retention import Period, Retention, retention_of
from tasks.erasure.settings import RetentionSettings, retention_settings
from tasks.runtime import current_runtime
from ui.cli.output import print_document

DONE = 0
WORDS = {
    "everything": "the character",
    "photo": "the photo, once a picture is approved",
    "rejected": "a rejected picture",
    "withdrawn": "the character, its consent withdrawn",
}


def retention(beginning: str | None, *, as_json: bool) -> int:
    """Print the periods that are set; or those of one character, with when they end."""
    require_current()
    chosen = retention_settings()
    if beginning is None:
        print_document(_settings(chosen)) if as_json else _print_settings(chosen)
        return DONE
    with record().reading() as session:
        character_id = characters.by_beginning(session, beginning).id
    told = retention_of(current_runtime(), character_id=character_id)
    print_document(_document(told)) if as_json else _print(told)
    return DONE


def _settings(chosen: RetentionSettings) -> dict[str, Any]:
    return {
        str(info.validation_alias): getattr(chosen, name) for name, info in type(chosen).model_fields.items()
    }


def _print_settings(chosen: RetentionSettings) -> None:
    for name, value in _settings(chosen).items():
        unit = "hours" if name.endswith("_HOURS") else "days"
        print(f"{name:<38} {'no end' if value is None else f'{value} {unit}'}")


def _print(told: Retention) -> None:
    for each in told.periods:
        print(f"{WORDS[each.subject.partition(':')[0]]}: {_until(each)}")
    if told.held:
        print("A legal hold keeps all of it until it is lifted.")


def _until(each: Period) -> str:
    if each.days is None:
        return "kept for as long as nobody erases it"
    if each.due_at is None:
        return f"kept for {each.days} days from the next housekeeping on"
    return f"until {each.due_at:%Y-%m-%d %H:%M} UTC"


def _document(told: Retention) -> dict[str, Any]:
    return {
        "character": told.character_id,
        "held": told.held,
        "periods": [
            {
                "subject": each.subject,
                "days": each.days,
                "since": each.started_at.isoformat() if each.started_at else None,
                "due": each.due_at.isoformat() if each.due_at else None,
            }
            for each in told.periods
        ],
    }
