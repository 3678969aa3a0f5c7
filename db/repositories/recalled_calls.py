"""Calls that an older record never knew of: written down again as what they are, possibly paid."""

from datetime import datetime

from sqlalchemy.orm import Session

from db.ids import utc_now
from db.models import CallKind, CallState, ProviderCall
from db.repositories.insert_once import insert_once

SENTENCE = "It was sent before this database was restored, so it is possibly paid."


def recall(
    session: Session,
    *,
    call_id: str,
    work_key: str,
    kind: CallKind,
    provider: str,
    model: str,
    estimate_microusd: int,
    sent_at: datetime,
    character_id: str | None,
    prompt_artifact_id: str | None,
) -> None:
    """Put the call back on record under its own id, as unknown: evidence finds it by that id. Nothing happens
    where there is a call for this work, or with this id.
    """
    values = {
        "id": call_id,
        "work_key": work_key,
        "kind": kind,
        "provider": provider,
        "model": model,
        "state": CallState.UNKNOWN,
        "estimate_microusd": estimate_microusd,
        "sent_at": sent_at,
        "ended_at": utc_now(),
        "error_code": "outcome_unknown",
        "error_sentence": SENTENCE,
        "character_id": character_id,
        "prompt_artifact_id": prompt_artifact_id,
    }
    insert_once(session, ProviderCall, values)
