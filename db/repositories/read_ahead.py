"""What was read ahead for many characters at once, so that who asks for one of them needs no statement.

A plan asks of each character what a run would ask: in the words of the run's own code, so that both decide
alike. `db.repositories.planning` reads ahead for a chunk; the functions that read one thing look here first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from db.models import (
    CharacterImage,
    CharacterProfile,
    Consent,
    GeneratedAsset,
    PromptArtifact,
    ProviderCall,
)

_PLACE = "read_ahead"  # in `Session.info`

Parts = tuple[CharacterImage, GeneratedAsset, PromptArtifact]


@dataclass
class ReadAhead:
    """Of some characters all that a plan asks for; the key of a call is only known once it is asked for."""

    profiles: Mapping[str, Sequence[CharacterProfile]]  # newest first
    pictures: Mapping[str, Sequence[Parts]]  # oldest first
    asked_with: Mapping[tuple[str, str | None], Sequence[tuple[str, dict[str, Any]]]]
    consents: Mapping[str, Sequence[Consent]]
    calls: dict[str, ProviderCall | None] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)  # keys that were asked for and are not read yet
    kept: list[Any] = field(default_factory=list)  # rows that the session is asked for by their ids

    def call(self, work_key: str) -> ProviderCall | None:
        """The call of that work; None also where it was not read yet: then it is noted as wanted."""
        if work_key not in self.calls:
            self.wanted.add(work_key)
        return self.calls.get(work_key)


def read_ahead(session: Session) -> ReadAhead | None:
    """What was read ahead in this session, if anything."""
    found: ReadAhead | None = session.info.get(_PLACE)
    return found


def begin(session: Session, ahead: ReadAhead) -> None:
    """From now on look there first."""
    session.info[_PLACE] = ahead


def end(session: Session) -> None:
    """Read everything by statements again."""
    session.info.pop(_PLACE, None)
