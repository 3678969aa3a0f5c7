"""What a customer says by a link: once, of the pictures that were seen, in one transaction with its event."""

from collections.abc import Callable
from dataclasses import dataclass

from db.engine import Session
from db.errors import Erased
from db.event_kinds import EventKind
from db.lifecycle import ACTIVE, lock_living, move
from db.models import Character, CharacterStatus, CustomerLink, LinkAnswer, LinkPurpose, Review
from db.repositories import characters, customer_links, events, images
from db.repositories.images import Variant
from tasks.consent.record import CUSTOMER, withdraw_consent
from tasks.errors import UsageError
from tasks.proof.errors import LinkOver, LinkUnknown, LinkUsed, NotWithdrawn, PicturesChanged
from tasks.proof.look import LinkState, Proof, find, look, proof_of, shown_pictures
from tasks.proof.reasons import CHANGE_ASKED, REASONS, change_note, change_reason
from tasks.runtime import Runtime

OVER = {
    LinkState.EXPIRED: "This link has expired. Ask for a new one: it shows the same pictures.",
    LinkState.WITHDRAWN: "This link was withdrawn. Ask for a new one if you are still waiting for pictures.",
    LinkState.RENEWED: "There is a newer link than this one. Open the one from the latest message.",
    LinkState.NO_CONSENT: "The consent to use the photo was withdrawn, so nothing is shown any more.",
    LinkState.EMPTY: "These pictures are being worked on once more. You will get a new link for them.",
}
_OVER_CONSENT = {
    LinkState.EXPIRED: "This link has expired. Ask for a new one if you would still like to answer.",
    LinkState.WITHDRAWN: "This link was withdrawn. There is nothing for you to do.",
}


def over(state: LinkState, purpose: LinkPurpose) -> str:
    """Why a link is good no more, said to the customer."""
    of_purpose = _OVER_CONSENT if purpose is LinkPurpose.CONSENT else {}
    return of_purpose.get(state) or OVER[state]


@dataclass(frozen=True)
class Answered:
    """What is on record as the answer; `repeated` when it was there before."""

    answer: LinkAnswer
    repeated: bool


def approve(runtime: Runtime, *, token: str, number: int, seen: str) -> Answered:
    """The customer wants the `number`th picture (from 1): approved, and the favourite.

    Raises LinkUnknown; LinkOver; LinkUsed where another answer stands; PicturesChanged; UsageError.
    """

    def write(session: Session, character: Character, link: CustomerLink, wanted: Variant | None) -> None:
        if wanted is None:
            raise UsageError("Choose a picture first.", code="unknown_picture")
        image = wanted.image
        if image.review not in (Review.APPROVED, Review.LOCKED):
            images.review(session, image.id, review=Review.APPROVED, actor=CUSTOMER)
        images.select(session, image.id, actor=CUSTOMER)
        customer_links.write_answer(session, link, LinkAnswer.APPROVED, image_id=image.id)
        kind = EventKind.CUSTOMER_APPROVED
        _tell(
            session, link, kind, kind.sentence.format(style=image.style), image_id=image.id, style=image.style
        )
        if character.status_reason == CHANGE_ASKED:
            move(session, character, CharacterStatus.READY, actor=CUSTOMER)

    return _answer(runtime, token, LinkAnswer.APPROVED, number, seen, write)


def ask_for_change(
    runtime: Runtime, *, token: str, reason: str, note: str = "", number: int = 0, seen: str
) -> Answered:
    """The customer asks for a change, of the `number`th picture or (0) of none in particular: a person has to
    look at the character, unless a run is at work on it anyway. Raises what `approve` does.
    """
    why = change_reason(reason)
    line = change_note(why, note)

    def write(session: Session, character: Character, link: CustomerLink, wanted: Variant | None) -> None:
        if link.changes_left < 1:
            raise UsageError(
                "No more changes can be asked for by this link. Approve a picture, or write to whoever sent "
                "you the link.",
                code="no_changes_left",
            )
        image_id = wanted.image.id if wanted else None
        customer_links.write_answer(
            session, link, LinkAnswer.CHANGE, image_id=image_id, reason=why.value, note=line
        )
        told = {"image_id": image_id, "style": wanted.image.style} if wanted else {}
        kind = EventKind.CUSTOMER_CHANGE  # without the customer's own words: they may name the child
        _tell(session, link, kind, kind.sentence.format(reason=REASONS[why]), reason=why.value, **told)
        if character.status not in ACTIVE:
            move(
                session,
                character,
                CharacterStatus.NEEDS_ATTENTION,
                reason=CHANGE_ASKED,
                sentence=f"The customer asks for a change. {REASONS[why]}",
                actor=CUSTOMER,
            )

    return _answer(runtime, token, LinkAnswer.CHANGE, number, seen, write)


def withdraw_by_link(runtime: Runtime, *, token: str) -> None:
    """The customer withdraws the consent: everything stops at once, and the link shows nothing any more.

    Doing it again changes nothing. Raises LinkUnknown; NotWithdrawn where the link is good no more and a
    consent stands.
    """
    proof = look(runtime, token)
    if proof.may_withdraw:
        withdraw_consent(runtime, character_id=proof.character_id, by=None, actor=CUSTOMER)
    elif not proof.withdrawn:
        raise NotWithdrawn


def _answer(
    runtime: Runtime,
    token: str,
    answer: LinkAnswer,
    number: int,
    seen: str,
    write: Callable[[Session, Character, CustomerLink, Variant | None], None],
) -> Answered:
    with runtime.record.writing() as session:
        character, link, proof = asked(session, token, LinkPurpose.PROOF)
        if proof.state is LinkState.ANSWERED:
            if not _is_same(session, link, answer, number):
                raise LinkUsed
            return Answered(answer, repeated=True)
        check_open(proof, seen)
        wanted = proof.pictures[number - 1] if 1 <= number <= len(proof.pictures) else None
        write(session, character, link, wanted)
        return Answered(answer, repeated=False)


def asked(session: Session, token: str, purpose: LinkPurpose) -> tuple[Character, CustomerLink, Proof]:
    """Whom the link is about, held: of two tabs, the second sees what the first has said. LinkUnknown."""
    link = find(session, token)
    character = characters.get(session, link.character_id)
    try:
        lock_living(session, character)
    except Erased:
        raise LinkUnknown from None
    session.refresh(link)
    if link.purpose is not purpose:
        raise LinkUnknown
    return character, link, proof_of(session, link)


def check_open(proof: Proof, seen: str) -> None:
    """Raise LinkOver or PicturesChanged unless it is open, and shows what was `seen`."""
    if proof.state is not LinkState.OPEN:
        raise LinkOver(over(proof.state, proof.purpose))
    if seen != proof.seen:
        raise PicturesChanged


def _is_same(session: Session, link: CustomerLink, answer: LinkAnswer, number: int) -> bool:
    """Whether just this was said already: a button pressed twice, or a page loaded again."""
    if link.answer is not answer:
        return False
    if answer is LinkAnswer.CHANGE:
        return True
    pictures = shown_pictures(session, link)
    return 1 <= number <= len(pictures) and pictures[number - 1].image.id == link.image_id


def _tell(session: Session, link: CustomerLink, kind: EventKind, message: str, **data: str | None) -> None:
    told = {"link": link.id} | {name: value for name, value in data.items() if value}
    events.add(session, kind=kind, actor=CUSTOMER, message=message, character_id=link.character_id, data=told)
