"""What a link shows and whether it may still be answered, as things stand now: read, never written down."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from db.digests import digest_of
from db.engine import Session
from db.errors import NotFound
from db.event_kinds import EventKind
from db.models import CharacterStatus, CustomerLink, GeneratedAsset, LinkAnswer, LinkEnd, LinkPurpose, Review
from db.repositories import assets, characters, clock, customer_links, events, images
from db.repositories.images import Variant
from tasks.consent.rules import ConsentWithdrawn, standing
from tasks.proof.errors import LinkUnknown
from tasks.proof.tokens import token_hash
from tasks.runtime import Runtime


class LinkState(StrEnum):
    """How a link stands."""

    OPEN = "open"
    ANSWERED = "answered"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"  # by the operator
    RENEWED = "renewed"  # a newer one is out
    NO_CONSENT = "no_consent"  # the consent was withdrawn: nothing is shown any more
    EMPTY = "empty"  # every picture it was made for is gone, or held back


@dataclass(frozen=True)
class Proof:
    """What a customer sees. `photo` and `pictures` are empty unless it is open."""

    link_id: str
    character_id: str
    purpose: LinkPurpose
    state: LinkState
    answer: LinkAnswer | None
    opened: bool  # it was looked at before
    changes_left: int
    photo: GeneratedAsset | None
    pictures: tuple[Variant, ...]
    seen: str  # names just these pictures: an answer brings it along
    until: datetime  # by the wall clock of now
    asks: Mapping[str, Any]  # of a consent: what is asked
    may_withdraw: bool  # whether the consent can be withdrawn by this link
    withdrawn: bool  # whether no consent counts any more


def look(runtime: Runtime, token: str) -> Proof:
    """The link of this token as it stands. Raises LinkUnknown."""
    with runtime.record.reading() as session:
        return proof_of(session, find(session, token))


def note_opened(runtime: Runtime, proof: Proof) -> bool:
    """Put on record that the customer has looked; False when that was known."""
    if proof.opened:
        return False
    with runtime.record.writing() as session:
        if not customer_links.opened(session, proof.link_id):
            return False
        kind = EventKind.LINK_OPENED
        who = proof.character_id
        events.add(
            session,
            kind=kind,
            actor="customer",
            message=kind.sentence,
            character_id=who,
            data={"link": proof.link_id},
        )
        return True


def find(session: Session, token: str) -> CustomerLink:
    """The row of this token's link; LinkUnknown."""
    digest = token_hash(token)
    try:
        if digest:
            return customer_links.by_hash(session, digest)
    except NotFound:
        pass
    raise LinkUnknown


def proof_of(session: Session, link: CustomerLink) -> Proof:
    """What the link shows now."""
    character = characters.get(session, link.character_id)
    pictures = shown_pictures(session, link)
    state = state_of(session, link, has_pictures=bool(pictures))
    if character.status is CharacterStatus.ERASED:
        raise LinkUnknown
    is_open = state is LinkState.OPEN
    photo = assets.get(session, character.photo_asset_id) if character.photo_asset_id and is_open else None
    return Proof(
        link_id=link.id,
        character_id=link.character_id,
        purpose=link.purpose,
        state=state,
        answer=link.answer,
        opened=link.opened_at is not None,
        changes_left=link.changes_left,
        photo=photo,
        pictures=pictures if is_open else (),
        seen=_seen(link, photo, pictures),
        until=clock.now(session) + (link.expires_at - clock.rights(session)),
        asks=link.asks,
        may_withdraw=(is_open and link.purpose is LinkPurpose.PROOF) or _may_take_back(session, link, state),
        withdrawn=_no_consent(session, link),
    )


def _seen(link: CustomerLink, photo: GeneratedAsset | None, pictures: tuple[Variant, ...]) -> str:
    if link.purpose is LinkPurpose.PROOF:
        return digest_of([each.asset.sha256 for each in pictures])
    return digest_of([link.asks, photo.sha256 if photo else None])


def _may_take_back(session: Session, link: CustomerLink, state: LinkState) -> bool:
    """It is as easy to withdraw a consent as it was to give it: by the same link, while it is good."""
    is_good = link.ended is None and link.expires_at > clock.rights(session)
    gave = state is LinkState.ANSWERED and link.answer is LinkAnswer.CONSENTED
    return gave and is_good and not _no_consent(session, link)


def state_of(session: Session, link: CustomerLink, *, has_pictures: bool = True) -> LinkState:
    """How the link stands, the first that is true."""
    if link.ended is LinkEnd.RENEWED:
        return LinkState.RENEWED
    if link.answer is not None:
        return LinkState.ANSWERED
    if link.ended is LinkEnd.WITHDRAWN:
        return LinkState.NO_CONSENT if _no_consent(session, link) else LinkState.WITHDRAWN
    if link.expires_at <= clock.rights(session):
        return LinkState.EXPIRED
    return LinkState.OPEN if link.purpose is LinkPurpose.CONSENT else _of_proof(session, link, has_pictures)


def _of_proof(session: Session, link: CustomerLink, has_pictures: bool) -> LinkState:
    if _no_consent(session, link):
        return LinkState.NO_CONSENT
    return LinkState.OPEN if has_pictures else LinkState.EMPTY


def _no_consent(session: Session, link: CustomerLink) -> bool:
    try:
        standing(session, link.character_id)
    except ConsentWithdrawn:
        return True
    return False


def shown_pictures(session: Session, link: CustomerLink) -> tuple[Variant, ...]:
    """The pictures that the link was made for, in its order, less what was held back or erased since."""
    if not link.image_ids:
        return ()
    known = {each.image.id: each for each in images.of_character(session, link.character_id)}
    wanted = [known[each] for each in link.image_ids if each in known]
    return tuple(each for each in wanted if each.image.review is not Review.REJECTED)
