"""Links for customers as an operator makes, renews and withdraws them; the address is told once, here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from db.engine import Session
from db.event_kinds import EventKind
from db.lifecycle import lock_living, move
from db.models import CharacterStatus, CustomerLink, LinkAnswer, LinkEnd, LinkPurpose, Review
from db.repositories import characters, clock, customer_links, events, images, users
from db.told import told
from tasks.consent.rules import standing
from tasks.errors import UsageError
from tasks.proof.look import LinkState, shown_pictures, state_of
from tasks.proof.reasons import CHANGE_ASKED
from tasks.proof.settings import proof_settings
from tasks.proof.tokens import new_token, token_hash
from tasks.runtime import Runtime
from tasks.styles.packs import style_names

MOST_PICTURES = 12
_FINAL = (LinkAnswer.APPROVED, LinkAnswer.CONSENTED, LinkAnswer.REFUSED)  # nothing is waited for any more
PATH = "/proof/"


@dataclass(frozen=True)
class MadeLink:
    """A new link. Nobody can be told its address again: the record has a digest of it."""

    link_id: str
    path: str  # of the address, to be put behind the studio's public origin
    until: datetime
    pictures: int


@dataclass(frozen=True)
class LinkShown:
    """A link as the studio shows it, without its address."""

    link_id: str
    purpose: LinkPurpose
    state: LinkState
    made_at: datetime
    until: datetime
    opened_at: datetime | None
    answer: LinkAnswer | None
    answered_at: datetime | None
    image_id: str | None
    reason: str | None
    note: str
    changes_left: int
    pictures: int
    is_ended: bool


def make_link(
    runtime: Runtime,
    *,
    character_id: str,
    by: str | None,
    image_ids: Sequence[str] | None = None,
    days: int | None = None,
    changes: int | None = None,
    actor: str = "operator",
) -> MadeLink:
    """A link to the character's proof. Its pictures are `image_ids`; else those that were approved; else all
    that are not held back. `changes` may be asked for with it; else as many as are left, or as is set.

    Raises NotFound; Erased; ConsentWithdrawn; UsageError (`link_open` while one waits for an answer,
    `nothing_to_show`, `unknown_picture`, `too_many_chosen`, `usage`).
    """
    with runtime.record.writing() as session:
        last = held(session, character_id)
        if last is not None and last.answer is None and last.ended is None:
            raise UsageError(
                "A link is out and waits for its answer. Renew it, or withdraw it first.", code="link_open"
            )
        return _new(session, character_id, last, image_ids, days, changes, by, actor, EventKind.LINK_MADE)


def renew_link(
    runtime: Runtime,
    *,
    character_id: str,
    by: str | None,
    image_ids: Sequence[str] | None = None,
    days: int | None = None,
    changes: int | None = None,
    actor: str = "operator",
) -> MadeLink:
    """A new link in place of the last one, which is good for nothing from now on: it has expired, got lost,
    or a change was asked for by it. Raises what `make_link` does, and UsageError (`no_link`).
    """
    with runtime.record.writing() as session:
        last = held(session, character_id)
        if last is None or last.answer is LinkAnswer.APPROVED:
            raise UsageError("There is no link to renew. Make one.", code="no_link")
        if last.ended is None:
            customer_links.end(session, last, LinkEnd.RENEWED)
        if image_ids is None and last.answer is None and (still := shown_pictures(session, last)):
            image_ids = [each.image.id for each in still]
        return _new(session, character_id, last, image_ids, days, changes, by, actor, EventKind.LINK_RENEWED)


def withdraw_link(
    runtime: Runtime,
    *,
    character_id: str,
    by: str | None,
    actor: str = "operator",
    purpose: LinkPurpose = LinkPurpose.PROOF,
) -> bool:
    """The last link is good for nothing any more; False when there was none that was. NotFound, Erased."""
    with runtime.record.writing() as session:
        last = held(session, character_id, purpose)
        if last is None or last.ended is not None or last.answer in _FINAL:
            return False
        customer_links.end(session, last, LinkEnd.WITHDRAWN)
        if purpose is LinkPurpose.PROOF:
            _settle_wish(session, character_id, by or actor)
        _tell(session, last, EventKind.LINK_WITHDRAWN, by or actor)
        return True


def links_of(runtime: Runtime, *, character_id: str) -> tuple[LinkShown, ...]:
    """Every link of a character, the newest first. NotFound."""
    with runtime.record.reading() as session:
        characters.get(session, character_id)
        return tuple(shown(session, each) for each in customer_links.of_character(session, character_id))


def shown(session: Session, link: CustomerLink) -> LinkShown:
    """The link as the studio shows it."""
    left = shown_pictures(session, link)
    return LinkShown(
        link_id=link.id,
        purpose=link.purpose,
        state=state_of(session, link, has_pictures=bool(left)),
        made_at=link.created_at,
        until=clock.now(session) + (link.expires_at - clock.rights(session)),
        opened_at=link.opened_at,
        answer=link.answer,
        answered_at=link.answered_at,
        image_id=link.image_id,
        reason=link.reason,
        note=link.note,
        changes_left=link.changes_left,
        pictures=len(left),
        is_ended=link.ended is not None,
    )


def held(
    session: Session, character_id: str, purpose: LinkPurpose = LinkPurpose.PROOF
) -> CustomerLink | None:
    """The last link; the character is held, so that of two operators the second sees the first's."""
    lock_living(session, characters.get(session, character_id))
    last = customer_links.newest(session, character_id, purpose)
    if last is not None:
        session.refresh(last)
    return last


def _new(
    session: Session,
    character_id: str,
    last: CustomerLink | None,
    image_ids: Sequence[str] | None,
    days: int | None,
    changes: int | None,
    by: str | None,
    actor: str,
    kind: EventKind,
) -> MadeLink:
    standing(session, character_id)
    if last is not None and last.answer is LinkAnswer.CHANGE and last.ended is None:
        customer_links.end(session, last, LinkEnd.RENEWED)
    chosen = _pictures(session, character_id, image_ids)
    if changes is None and last is not None and last.answer is not LinkAnswer.APPROVED:
        changes = last.changes_left
    made = put_on_record(
        session,
        character_id,
        LinkPurpose.PROOF,
        kind,
        image_ids=chosen,
        changes=_within(changes, proof_settings().link_changes, 0, 20),
        days=days,
        by=by,
        actor=actor,
    )
    _settle_wish(session, character_id, by or actor)
    return made


def put_on_record(
    session: Session,
    character_id: str,
    purpose: LinkPurpose,
    kind: EventKind,
    *,
    image_ids: Sequence[str] = (),
    asks: Mapping[str, Any] | None = None,
    changes: int = 0,
    days: int | None,
    by: str | None,
    actor: str,
) -> MadeLink:
    """A link with a token of its own, and its event. The caller holds the character, and has ended the link
    before it.
    """
    token, life = new_token(), timedelta(days=_within(days, proof_settings().link_days, 1, 365))
    link = customer_links.add(
        session,
        character_id=character_id,
        purpose=purpose,
        token_hash=token_hash(token),
        image_ids=image_ids,
        asks=asks or {},
        changes_left=changes,
        expires_at=clock.rights(session) + life,
        made_by=users.known(session, by),
    )
    _tell(session, link, kind, by or actor)
    return MadeLink(link.id, f"{PATH}{token}", clock.now(session) + life, len(image_ids))


def _settle_wish(session: Session, character_id: str, actor: str) -> None:
    """Who needed attention because the customer asked for a change does so no more."""
    character = characters.get(session, character_id)
    if character.status_reason == CHANGE_ASKED:
        move(session, character, CharacterStatus.READY, actor=actor)


def _pictures(session: Session, character_id: str, image_ids: Sequence[str] | None) -> list[str]:
    variants = [
        each
        for each in images.of_character(session, character_id)
        if each.image.review is not Review.REJECTED
    ]
    place = {style: number for number, style in enumerate(style_names())}
    variants.sort(
        key=lambda each: (place.get(each.image.style, len(place)), each.image.framing, each.image.ordinal)
    )
    if image_ids is None:
        approved = [each for each in variants if each.image.review in (Review.APPROVED, Review.LOCKED)]
        chosen = [each.image.id for each in approved or variants][:MOST_PICTURES]
    else:
        chosen = list(dict.fromkeys(image_ids))
        if set(chosen) - {each.image.id for each in variants}:
            raise UsageError(
                "One of these pictures is not the character's, or is held back.", code="unknown_picture"
            )
    if not chosen:
        raise UsageError("There is no picture yet that could be shown.", code="nothing_to_show")
    if len(chosen) > MOST_PICTURES:
        raise UsageError(
            told("Choose at most %(most_pictures)s pictures.", most_pictures=MOST_PICTURES),
            code="too_many_chosen",
        )
    return chosen


def _within(given: int | None, usual: int, least: int, most: int) -> int:
    value = usual if given is None else given
    if not least <= value <= most:
        raise UsageError(
            told("Give a number from %(least)s to %(most)s.", least=least, most=most), code="usage"
        )
    return value


def _tell(session: Session, link: CustomerLink, kind: EventKind, actor: str) -> None:
    events.add(
        session,
        kind=kind,
        actor=actor,
        message=kind.sentence,
        character_id=link.character_id,
        data={"link": link.id},
    )
