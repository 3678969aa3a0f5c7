"""`storykin erase`, `storykin certificate` and `storykin hold`: a person out of everything, for good."""

import json
from pathlib import Path

from db.engine import record
from db.models import ErasureStep
from db.record_state import require_current
from db.repositories import characters, erasures
from flows.erasure import erase_character
from tasks.erasure.ask import ErasurePreview, preview_erasure
from tasks.erasure.certificate_pdf import certificate_pdf
from tasks.erasure.holds import lift_hold, place_hold
from tasks.errors import UsageError
from tasks.providers.specs import label_of
from tasks.runtime import current_runtime
from ui.cli.store import confirm

DONE, FAILED = 0, 1
ACTOR = "command line"


def erase(beginning: str, *, keep_canon: bool, confirmed: bool) -> int:
    """Erase the character. Without the yes it only says what that would mean."""
    require_current()
    runtime = current_runtime()
    character_id = _character(beginning)
    print(_meaning(preview_erasure(runtime, character_id=character_id, keep_canon=keep_canon)))
    confirm(confirmed)
    step = erase_character(runtime, character_id=character_id, by=None, keep_canon=keep_canon, actor=ACTOR)
    if step is ErasureStep.DONE:
        print(f"Erased. `storykin certificate {character_id}` prints the certificate.")
        return DONE
    with runtime.record.reading() as session:
        found = erasures.of_character(session, character_id)
        why = found.waits_for if found else ""
    print(
        f"The person is gone from the database. What is left to delete: {why} Housekeeping goes on with it."
    )
    return DONE


def certificate(beginning: str, *, out: str | None, language: str = "en") -> int:
    """Print the certificate of an erasure as JSON; or write it to a file, as JSON or PDF by its ending."""
    require_current()
    with record().reading() as session:
        found = erasures.of_character(session, characters.by_beginning(session, beginning).id)
    if found is None or found.certificate is None:
        why = "has not come to its end yet" if found else "was never asked for"
        raise UsageError(f"There is no certificate: the erasure {why}.", code="no_certificate")
    document = json.dumps(found.certificate, indent=2, ensure_ascii=False)
    if out is None:
        print(document)
    elif out.lower().endswith(".pdf"):
        Path(out).write_bytes(certificate_pdf(found.certificate, language))
    else:
        Path(out).write_text(document + "\n", encoding="utf-8")
    return DONE


def hold(beginning: str, *, reason: str | None, lift: bool) -> int:
    """Keep a character from being erased, for a reason; or lift that."""
    require_current()
    runtime, character_id = current_runtime(), _character(beginning)
    if lift:
        lifted = lift_hold(runtime, character_id=character_id, by=None, actor=ACTOR)
        print("The hold is lifted." if lifted else "There was no hold.")
        return DONE
    place_hold(runtime, character_id=character_id, reason=reason or "", by=None, actor=ACTOR)
    print("Nothing of this character is erased until the hold is lifted (`storykin hold --lift`).")
    return DONE


def _character(beginning: str) -> str:
    with record().reading() as session:
        return characters.by_beginning(session, beginning).id


def _meaning(told: ErasurePreview) -> str:
    canon = f" {told.canon} approved pictures stay." if told.canon else ""
    sent = f" Copies were sent to {', '.join(map(label_of, told.processors))}." if told.processors else ""
    return (
        f"This deletes {told.photos} photo and {told.pictures} pictures, the profile, the prompts, the name "
        f"and what was said of them, for good.{canon}{sent} What "
        f"{told.calls} calls have cost stays on the bill."
    )
