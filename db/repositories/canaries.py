"""Canaries: begun, added to picture by picture, ended, and those before them."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.errors import NotFound
from db.models import Canary
from db.repositories import clock


def open_one(session: Session, *, set_digest: str, models: tuple[str, str, str, str]) -> Canary:
    """The canary of this set and these models that has not ended, else a new one.

    `models` are the image provider and its model, the vision provider and its model.
    """
    found = next(iter(not_ended(session, set_digest=set_digest, models=models)), None)
    if found is None:
        provider, model, vision_provider, vision_model = models
        found = Canary(
            set_digest=set_digest,
            provider=provider,
            model=model,
            vision_provider=vision_provider,
            vision_model=vision_model,
            measures=[],
        )
        session.add(found)
        session.flush()
    return found


def not_ended(session: Session, *, set_digest: str, models: tuple[str, str, str, str]) -> list[Canary]:
    """The canaries of this set and these models that have not ended, the newest first."""
    provider, model, vision_provider, vision_model = models
    mine = (
        Canary.set_digest == set_digest,
        Canary.ended_at.is_(None),
        Canary.provider == provider,
        Canary.model == model,
        Canary.vision_provider == vision_provider,
        Canary.vision_model == vision_model,
    )
    return list(session.scalars(select(Canary).where(*mine).order_by(Canary.id.desc())))


def get(session: Session, canary_id: str) -> Canary:
    """The canary; NotFound if there is none."""
    found = session.get(Canary, canary_id)
    if found is None:
        raise NotFound("There is no such canary.")
    return found


def add(session: Session, canary_id: str, measure: dict[str, Any]) -> None:
    """Put down what was measured of one picture; again is harmless."""
    canary = session.scalars(select(Canary).where(Canary.id == canary_id).with_for_update()).one()
    named = (measure["photo"], measure["style"])
    if named not in {(each["photo"], each["style"]) for each in canary.measures}:
        canary.measures = [*canary.measures, measure]


def end(session: Session, canary_id: str, *, drifted: int) -> None:
    """Close it, with how many measures have drifted; one that has ended stays as it is."""
    canary = get(session, canary_id)
    if canary.ended_at is None:
        canary.drifted, canary.ended_at = drifted, clock.now(session)


def before(session: Session, canary: Canary, limit: int) -> list[Canary]:
    """The canaries of the same set that had ended before this one was begun, the newest first."""
    mine = (Canary.set_digest == canary.set_digest, Canary.ended_at.is_not(None), Canary.id < canary.id)
    return list(session.scalars(select(Canary).where(*mine).order_by(Canary.id.desc()).limit(limit)))


def last_ended(session: Session, *, set_digest: str) -> Canary | None:
    """The newest canary of this set that has ended."""
    mine = (Canary.set_digest == set_digest, Canary.ended_at.is_not(None))
    return session.scalar(select(Canary).where(*mine).order_by(Canary.id.desc()).limit(1))


def newest(session: Session, limit: int = 20) -> list[Canary]:
    """The newest canaries, the newest first."""
    return list(session.scalars(select(Canary).order_by(Canary.id.desc()).limit(limit)))


def last_drifted(session: Session) -> int | None:
    """How many measures had drifted in the newest canary that has ended; None where there is none."""
    query = select(Canary.drifted).where(Canary.ended_at.is_not(None)).order_by(Canary.id.desc()).limit(1)
    return session.scalar(query)


def begins_with(session: Session, beginning: str) -> list[str]:
    """The ids of at most two canaries that begin or end so."""
    same = Canary.id.startswith(beginning, autoescape=True) | Canary.id.endswith(beginning, autoescape=True)
    return list(session.scalars(select(Canary.id).where(same).limit(2)))
