"""The customer's part of a character's page: what it shows, and links made, renewed and withdrawn there."""

from collections.abc import Mapping
from typing import Any

from db.models import CharacterStatus, LinkAnswer, LinkPurpose, Review
from db.repositories import characters, facets, images
from tasks.consent.rules import ConsentWithdrawn, standing
from tasks.errors import UsageError
from tasks.picture_options import framing_of
from tasks.proof.links import LinkShown, MadeLink, links_of, make_link, renew_link, withdraw_link
from tasks.proof.settings import proof_settings
from tasks.styles.titles import picture_title
from ui.acting import acting_id
from ui.addresses import at
from ui.handlers.detail import in_order
from ui.i18n import N_, _
from ui.services import StudioServices
from ui.views.customer import CustomerPanel, NewLink, OfferedPicture

NO_CONSENT = N_("The consent was withdrawn, so nothing can be shown to anybody.")
NO_PICTURE = N_("There is no picture yet that could be shown to the customer.")
_FACET_WORDS = {
    facets.CUSTOMER_WAITING: N_("Waiting for the customer"),
    facets.CUSTOMER_CHANGE: N_("Change asked for"),
    facets.CUSTOMER_APPROVED: N_("Approved by the customer"),
}
ERASED = N_("The person was erased.")


def customer_panel(
    services: StudioServices, character_id: str, made: MadeLink | None = None
) -> CustomerPanel:
    """The part as it stands. NotFound."""
    links = tuple(
        each
        for each in links_of(services.runtime, character_id=character_id)
        if each.purpose is LinkPurpose.PROOF
    )
    with services.record.reading() as session:
        character = characters.get(session, character_id)
        variants = in_order(images.of_character(session, character_id))
        why_not = ERASED if character.status is CharacterStatus.ERASED else ""
        try:
            standing(session, character_id)
        except ConsentWithdrawn:
            why_not = why_not or NO_CONSENT
    shown = [each for each in variants if each.image.review is not Review.REJECTED]
    approved = {each.image.id for each in shown if each.image.review in (Review.APPROVED, Review.LOCKED)}
    titles = {
        each.image.id: picture_title(each.image.style, framing_of(each.image.framing), each.image.ordinal)
        for each in variants
    }
    return CustomerPanel(
        character_id=character_id,
        links=links,
        titles=titles,
        pictures=tuple(
            OfferedPicture(
                each.image.id,
                titles[each.image.id],
                services.links.scaled(each.asset.sha256, 240),
                each.image.id in approved or not approved,
            )
            for each in shown
        ),
        days=proof_settings().link_days,
        changes=_changes(links),
        made=new_link(services, made) if made else None,
        why_not=why_not or ("" if shown else NO_PICTURE),
    )


def change_link(services: StudioServices, character_id: str, said: Mapping[str, Any]) -> CustomerPanel:
    """Do what a form of the part says. Raises what `tasks.proof.links` does; UsageError for another form."""
    runtime, by = services.runtime, acting_id()
    act = said.get("act")
    if act == "withdraw":
        withdraw_link(runtime, character_id=character_id, by=by)
        return customer_panel(services, character_id)
    if act not in ("make", "renew"):
        raise UsageError("There is no such thing to do.", code="unknown_action")
    pictures = said.get("pictures")
    if not isinstance(pictures, list) or not all(isinstance(each, str) for each in pictures):
        raise UsageError("Choose at least one picture.", code="nothing_to_show")
    make = make_link if act == "make" else renew_link
    made = make(
        runtime,
        character_id=character_id,
        by=by,
        image_ids=pictures,
        days=whole_number(said.get("days")),
        changes=whole_number(said.get("changes")),
    )
    return customer_panel(services, character_id, made)


def customer_words(character_facets: str) -> str:
    """How the customer's link stands, by what the list filters by; "" where there is none."""
    return next((_(words) for name, words in _FACET_WORDS.items() if f" {name} " in character_facets), "")


def address_of(origin: str, made: MadeLink) -> str:
    """The whole address of a new link, as a customer opens it."""
    return origin.rstrip("/") + at(made.path)


def new_link(services: StudioServices, made: MadeLink) -> NewLink:
    """A link that was made just now, with its address."""
    return NewLink(address_of(services.public_origin, made), made.until, made.pictures)


def _changes(links: tuple[LinkShown, ...]) -> int:
    last = links[0] if links else None
    if last is None or last.answer is LinkAnswer.APPROVED:
        return proof_settings().link_changes
    return last.changes_left


def whole_number(said: object) -> int | None:
    """What a field holds; None where it is empty. UsageError."""
    text = str(said or "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise UsageError("Give whole numbers.", code="usage")
    return int(text)
