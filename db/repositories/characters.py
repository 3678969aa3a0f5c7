"""Characters: making them, finding them, paging through very many of them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from db import lifecycle
from db.called import id_ending
from db.errors import NotFound
from db.ids import utc_now
from db.models import Character, CharacterImage, CharacterStatus, Gender, GeneratedAsset, Review
from db.repositories import tags
from db.repositories.searching import has_order_number, holding
from db.told import told

AT_MOST_NAMED = 5  # of the ids that an unclear beginning may mean


@dataclass(frozen=True)
class CharacterCard:
    """What a list shows of a character. `name` is what it is called there (`db.called`); the cover is
    the favourite, else the newest.
    """

    id: str
    name: str
    gender: Gender
    status: CharacterStatus
    status_reason: str | None
    status_sentence: str | None
    created_at: datetime
    cover_sha256: str | None = None
    variant_count: int = 0
    styles: list[str] = field(default_factory=list)
    has_favourite: bool = False
    to_review: int = 0  # pictures that nobody has decided on
    status_at: datetime | None = None
    tags: list[str] = field(default_factory=list)
    facets: str = ""


@dataclass(frozen=True)
class Page:
    """One page of cards, and how many there are in all."""

    items: list[CharacterCard]
    total: int


def create(
    session: Session,
    *,
    name: str,
    gender: Gender,
    created_by: str | None,
    photo_asset_id: str | None,
    consent_version: str | None,
    consent_by: str | None,
) -> Character:
    """A new character, as a draft. Consent is given now when `consent_version` names its text."""
    character = Character(
        name=name,
        gender=gender,
        created_by=created_by,
        photo_asset_id=photo_asset_id,
        consent_version=consent_version,
        consent_by=consent_by if consent_version else None,
        consent_at=utc_now() if consent_version else None,
    )
    session.add(character)
    session.flush()
    return character


def get(session: Session, character_id: str) -> Character:
    """The character; NotFound if there is none."""
    character = session.get(Character, character_id)
    if character is None:
        raise NotFound("There is no such character.")
    return character


def lives(session: Session, character_id: str) -> bool:
    """Whether there is such a character, and it is not erased."""
    found = session.get(Character, character_id)
    return found is not None and found.status is not CharacterStatus.ERASED


def by_beginning(session: Session, beginning: str) -> Character:
    """The one character whose id begins so, or that has this order number; NotFound when there is none, or
    more than one.
    """
    ending = id_ending(beginning) if "-" in beginning else ""  # eight signs alone begin ids, too
    same = has_order_number(ending) if ending else _begins(beginning)
    newest = select(Character).where(same).order_by(Character.id.desc()).limit(AT_MOST_NAMED + 1)
    found = list(session.scalars(newest)) if beginning else []
    if not found:
        raise NotFound("There is no such character.")
    if len(found) > 1:
        ids = ", ".join(each.id for each in found[:AT_MOST_NAMED])
        more = " and others" if len(found) > AT_MOST_NAMED else ""
        raise NotFound(
            told(
                "Several characters begin like this: %(ids)s%(more)s. Give more of the id.",
                ids=ids,
                more=more,
            )
        )
    return found[0]


def page(
    session: Session,
    *,
    query: str = "",
    status: CharacterStatus | None = None,
    offset: int = 0,
    limit: int = 24,
) -> Page:
    """Characters, newest first, in which the words of `query` are found (case and accents don't matter).

    Erased ones are shown only when asked for by status.
    """
    wanted = [_with_status(status), *holding(session, query)]
    total = session.scalar(select(func.count()).select_from(Character).where(*wanted)) or 0
    rows = list(
        session.scalars(
            select(Character).where(*wanted).order_by(Character.id.desc()).offset(offset).limit(limit)
        )
    )
    return Page(_cards(session, rows), total)


def cards_of(session: Session, character_ids: Sequence[str]) -> list[CharacterCard]:
    """What a list shows of these characters, in this order; those that are gone are left out."""
    if not character_ids:
        return []
    query = select(Character).where(Character.id.in_(character_ids))
    rows = {row.id: row for row in session.scalars(query)}
    return _cards(session, [rows[each] for each in character_ids if each in rows])


def _cards(session: Session, rows: Sequence[Character]) -> list[CharacterCard]:
    ids = [row.id for row in rows]
    pictures, tagged = _pictures(session, ids), tags.of_characters(session, ids)
    return [_card(row, pictures.get(row.id, []), tagged.get(row.id, [])) for row in rows]


def run_of(session: Session, character_id: str) -> tuple[str | None, CharacterStatus]:
    """The token of the character's newest run, and the character's status; NotFound."""
    asked = select(Character.run_token, Character.status).where(Character.id == character_id)
    found = session.execute(asked).one_or_none()
    if found is None:
        raise NotFound("There is no such character.")
    return found.run_token, found.status


def begin_run(session: Session, character_id: str, run_token: str, *, actor: str = "system") -> Character:
    """Make `run_token` the character's run and queue it.

    Asking for the same run again changes nothing, unless it has failed or is waiting for a person: then it
    is queued once more. Raises NotFound, IllegalStep (erased), ConsentMissing.
    """
    character = get(session, character_id)
    lifecycle.lock(session, character)
    ours = character.run_token == run_token
    if ours and (character.status in lifecycle.ACTIVE or character.status is CharacterStatus.READY):
        return character
    if character.status is not CharacterStatus.QUEUED:
        lifecycle.check(character, CharacterStatus.QUEUED)
    character.run_token = run_token
    lifecycle.step(session, character, CharacterStatus.QUEUED, actor=actor)
    return character


def under_way(session: Session, *, after_id: str = "", limit: int = 200) -> list[Character]:
    """Characters that a run is on (queued, profiling, illustrating), by id, those after `after_id`."""
    query = select(Character).where(Character.status.in_(lifecycle.ACTIVE), Character.id > after_id)
    return list(session.scalars(query.order_by(Character.id).limit(limit)))


def failed_for(session: Session, reasons: Collection[str]) -> list[Character]:
    """Characters whose run has failed for one of these reasons, by id."""
    query = select(Character).where(
        Character.status == CharacterStatus.FAILED, Character.status_reason.in_(reasons)
    )
    return list(session.scalars(query.order_by(Character.id)))


def failure_counts(session: Session) -> list[tuple[str, int]]:
    """Why runs have failed, by code, with how many characters it stands at; the most frequent first."""
    number = func.count()
    query = select(Character.status_reason, number).where(
        Character.status == CharacterStatus.FAILED, Character.status_reason.is_not(None)
    )
    rows = session.execute(query.group_by(Character.status_reason).order_by(number.desc()))
    return [(str(code), count) for code, count in rows]


def with_status(session: Session, status: CharacterStatus, reason: str) -> list[Character]:
    """Characters in that status for that reason, oldest first."""
    query = select(Character).where(Character.status == status, Character.status_reason == reason)
    return list(session.scalars(query.order_by(Character.id)))


def _begins(beginning: str) -> ColumnElement[bool]:
    return Character.id.startswith(beginning.lower(), autoescape=True)


def _with_status(status: CharacterStatus | None) -> ColumnElement[bool]:
    return Character.status != CharacterStatus.ERASED if status is None else Character.status == status


@dataclass(frozen=True)
class _Picture:
    style: str
    sha256: str
    selected: bool
    review: Review
    waits: bool

    @property
    def rejected(self) -> bool:
        return self.review is Review.REJECTED


def _pictures(session: Session, character_ids: Iterable[str]) -> dict[str, list[_Picture]]:
    """The pictures of some characters, oldest first, in one query."""
    query = (
        select(
            CharacterImage.character_id,
            CharacterImage.style,
            GeneratedAsset.sha256,
            CharacterImage.is_selected,
            CharacterImage.review,
            CharacterImage.awaits_review,
        )
        .join(GeneratedAsset, GeneratedAsset.id == CharacterImage.asset_id)
        .where(CharacterImage.character_id.in_(character_ids))
        .order_by(CharacterImage.id)
    )
    found: dict[str, list[_Picture]] = {}
    for owner, style, sha256, selected, review, waits in session.execute(query):
        found.setdefault(owner, []).append(_Picture(style, sha256, selected, review, waits))
    return found


def _card(row: Character, pictures: list[_Picture], tagged: list[str]) -> CharacterCard:
    return CharacterCard(
        id=row.id,
        name=row.called,
        gender=row.gender,
        status=row.status,
        status_reason=row.status_reason,
        status_sentence=row.status_sentence,
        created_at=row.created_at,
        cover_sha256=_cover(pictures),
        variant_count=len(pictures),
        styles=list(dict.fromkeys(picture.style for picture in pictures)),
        has_favourite=any(picture.selected for picture in pictures),
        to_review=sum(picture.waits for picture in pictures),
        status_at=row.status_at,
        tags=tagged,
        facets=row.facets,
    )


def _cover(pictures: list[_Picture]) -> str | None:
    """The favourite, else the newest that is not rejected, else none."""
    shown = [each for each in pictures if each.selected] or [each for each in pictures if not each.rejected]
    return shown[-1].sha256 if shown else None
