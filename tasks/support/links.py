"""Links by which somebody who helps sees what happened to one character, and nothing of the person.

The token is random, kept as a digest alone, good for hours, and every look by it is in the audit log.
"""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from db.audit.acts import AuditAct
from db.audit.append import append
from db.called import order_number
from db.engine import Record, Session
from db.event_kinds import RunStep
from db.lifecycle import lock_living
from db.models import Character, CharacterStatus, Event, SupportLink
from db.repositories import characters, clock, events, support_links, users
from db.told import told
from tasks.accounts.sessions import digest
from tasks.errors import StorykinError, UsageError

PATH = "/support/"
USUAL_HOURS, MOST_HOURS = 24, 24 * 7
MOST_EVENTS = 500
NAMELESS = "…"  # where a sentence had the name in it
_PERSON = "a person"


class NoSupportLink(StorykinError):
    """There is no such link, or it is good for nothing any more: a stranger is not told which."""

    code = "no_support_link"

    def __init__(self) -> None:
        super().__init__("This link is good for nothing, or not any more. Ask whoever gave it to you.")


@dataclass(frozen=True)
class MadeSupportLink:
    """A new link: the path with its token is told this once."""

    link_id: str
    path: str
    until: datetime


@dataclass(frozen=True)
class SupportLinkView:
    """A link as it is listed; `state` is "good", "expired" or "withdrawn"."""

    link_id: str
    made_at: datetime
    until: datetime
    last_used_at: datetime | None
    state: str


@dataclass(frozen=True)
class SupportEvent:
    """One thing that happened. `who` is "system" or "a person"."""

    at: datetime
    kind: str
    sentence: str
    who: str
    step: str
    style: str
    code: str
    seconds: float | None


@dataclass(frozen=True)
class SupportTimeline:
    """What a link shows. `number` is the character's order number: enough to speak of it."""

    link_id: str
    number: str
    status: CharacterStatus
    reason: str
    until: datetime
    events: tuple[SupportEvent, ...]


def make_support_link(
    record: Record, *, character_id: str, hours: int = USUAL_HOURS, by: str | None, via: str
) -> MadeSupportLink:
    """A link to a character's timeline. NotFound, Erased; UsageError (`usage`) for too long a time."""
    if not 1 <= hours <= MOST_HOURS:
        raise UsageError(
            told("Such a link is good for 1 to %(most_hours)s hours.", most_hours=MOST_HOURS), code="usage"
        )
    token = secrets.token_urlsafe(32)
    with record.writing() as session:
        lock_living(session, characters.get(session, character_id))
        life = timedelta(hours=hours)
        made = support_links.add(
            session,
            character_id=character_id,
            token_sha256=digest(token),
            expires_at=clock.rights(session) + life,
            made_by=users.known(session, by),
        )
        said = {"link": made.id, "purpose": "support", "hours": hours}
        append(session, AuditAct.LINK_MADE, by=by, via=via, what=character_id, data=said)
        return MadeSupportLink(made.id, f"{PATH}{token}", clock.now(session) + life)


def withdraw_support_links(
    record: Record, *, character_id: str, link_id: str | None = None, by: str | None, via: str
) -> int:
    """Every link to a character's timeline, or the one of them, is good for nothing from now on; how many
    were. NotFound.
    """
    with record.writing() as session:
        characters.get(session, character_id)
        there = support_links.of_character(session, character_id)
        good = [each for each in there if _is_good(session, each) and link_id in (None, each.id)]
        for each in good:
            each.withdrawn_at = clock.now(session)
            said = {"link": each.id, "purpose": "support"}
            append(session, AuditAct.LINK_WITHDRAWN, by=by, via=via, what=character_id, data=said)
        return len(good)


def support_links_of(record: Record, *, character_id: str) -> tuple[SupportLinkView, ...]:
    """Every link of a character, the newest first. NotFound."""
    with record.reading() as session:
        characters.get(session, character_id)
        return tuple(_view(session, each) for each in support_links.of_character(session, character_id))


def check_support_link(record: Record, token: str) -> str:
    """The id of the link with this token. NoSupportLink where there is none that is good."""
    with record.reading() as session:
        return _found(session, token)[0].id


def look(record: Record, token: str) -> SupportTimeline:
    """What the link shows; that it was used is entered in the audit log. NoSupportLink."""
    with record.writing() as session:
        link, character = _found(session, token)
        link.last_used_at = clock.now(session)
        said = {"link": link.id, "purpose": "support"}
        append(session, AuditAct.LINK_USED, by=None, via="support link", what=character.id, data=said)
        past = events.timeline(session, character.id, limit=MOST_EVENTS)
        return SupportTimeline(
            link_id=link.id,
            number=order_number(character.id),
            status=character.status,
            reason=character.status_reason or "",
            until=clock.now(session) + (link.expires_at - clock.rights(session)),
            events=tuple(_shown(each, character.name) for each in past),
        )


def _found(session: Session, token: str) -> tuple[SupportLink, Character]:
    link = support_links.find(session, digest(token))
    if link is None or not _is_good(session, link):
        raise NoSupportLink
    character = characters.get(session, link.character_id)
    if character.status is CharacterStatus.ERASED:
        raise NoSupportLink
    return link, character


def _is_good(session: Session, link: SupportLink) -> bool:
    return link.withdrawn_at is None and link.expires_at > clock.rights(session)


def _view(session: Session, link: SupportLink) -> SupportLinkView:
    left = link.expires_at - clock.rights(session)
    state = "withdrawn" if link.withdrawn_at else "good" if left > timedelta() else "expired"
    return SupportLinkView(link.id, link.created_at, clock.now(session) + left, link.last_used_at, state)


def _shown(event: Event, name: str) -> SupportEvent:
    """An event by what machines know of it: nobody's name, no prompt, no picture, nothing that was typed."""
    said, seconds = event.data, event.data.get("seconds")
    step = str(said.get("step", ""))
    return SupportEvent(
        at=event.created_at,
        kind=event.kind,
        sentence=_without(event.message, name),
        who="system" if event.actor == "system" else _PERSON,
        step=step if step in set(RunStep) else "",
        style=str(said.get("style", "")),
        code=str(said.get("code") or (said.get("reason") if event.actor == "system" else "") or ""),
        seconds=float(seconds) if isinstance(seconds, int | float) else None,
    )


def _without(sentence: str, name: str) -> str:
    """The sentence without the child's name or any word of it, in whatever case and form it stands there.

    Rather a word too few: "Al" is taken out of "also" as well.
    """
    sentence, name = unicodedata.normalize("NFC", sentence), unicodedata.normalize("NFC", name).strip()
    wanted = {name, *(word for word in _words(name) if len(word) > 1)} - {""}
    cased = {form for each in wanted for form in (each, each.upper(), each.lower(), each.casefold())}
    longest_first = sorted(cased, key=len, reverse=True)
    pattern = "|".join(map(re.escape, longest_first))
    return re.sub(pattern, NAMELESS, sentence, flags=re.IGNORECASE) if pattern else sentence


def _words(name: str) -> list[str]:
    """What stands between spaces and signs; marks belong to their letters."""
    return "".join(" " if unicodedata.category(each)[0] in "ZPS" else each for each in name).split()
