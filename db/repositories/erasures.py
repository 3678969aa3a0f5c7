"""Erasures as jobs: asked for once a character, gone on with until they are done, then a certificate."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.errors import NotFound
from db.models import Erasure, ErasureReason, ErasureStep
from db.repositories import clock


def open_erasure(
    session: Session,
    *,
    character_id: str,
    reason: ErasureReason,
    asked_by: str | None,
    keep_canon: bool,
    plan: Mapping[str, Any],
) -> Erasure:
    """Put the job on record. The caller has looked that there is none, holding the character."""
    erasure = Erasure(
        character_id=character_id,
        reason=reason,
        asked_by=asked_by,
        keep_canon=keep_canon,
        plan=dict(plan),
        created_at=clock.now(session),
    )
    session.add(erasure)
    session.flush()
    return erasure


def of_character(session: Session, character_id: str) -> Erasure | None:
    """The erasure of this character, or None."""
    return session.scalars(select(Erasure).where(Erasure.character_id == character_id)).one_or_none()


def get(session: Session, erasure_id: str) -> Erasure:
    """The erasure; NotFound if there is none."""
    found = session.get(Erasure, erasure_id)
    if found is None:
        raise NotFound("There is no such erasure.")
    return found


def every(session: Session) -> list[Erasure]:
    """Every erasure, the oldest first."""
    return list(session.scalars(select(Erasure).order_by(Erasure.id)))


def unfinished(session: Session) -> list[Erasure]:
    """Those that are not done, the oldest first."""
    query = select(Erasure).where(Erasure.step != ErasureStep.DONE)
    return list(session.scalars(query.order_by(Erasure.id)))


def advance(session: Session, erasure_id: str, *, step: ErasureStep, waits_for: str | None = None) -> None:
    """Take the job to `step`; or let it stay there, with why."""
    erasure = session.get_one(Erasure, erasure_id, with_for_update=True)
    if erasure.step is not ErasureStep.DONE:
        erasure.step, erasure.waits_for = step, waits_for


def finish(session: Session, erasure_id: str, certificate: Mapping[str, Any]) -> None:
    """The end: the certificate stays, what was to be deleted is forgotten."""
    erasure = session.get_one(Erasure, erasure_id, with_for_update=True)
    if erasure.step is ErasureStep.DONE:
        return
    erasure.plan, erasure.certificate, erasure.waits_for = {}, dict(certificate), None
    erasure.step, erasure.ended_at = ErasureStep.DONE, clock.now(session)
