"""What the list filters characters by, in one column of each, so that a hundred thousand are asked at once.

`Character.facets` holds words between single spaces, one before and one after: "style:anime",
"provider:local", "review:approved", "favourite" where there is one, "waiting" where a picture waits for
review, and how the customer's last link stands ("customer:waiting", "customer:change", "customer:approved").
It is "" while there is no picture.
"""

from collections.abc import Iterable

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.models import Character, CharacterImage, CustomerLink, LinkAnswer, LinkPurpose, ProviderCall

FAVOURITE = "favourite"
WAITING = "waiting"
STYLE, PROVIDER, REVIEW = "style:", "provider:", "review:"
CUSTOMER_WAITING, CUSTOMER_CHANGE, CUSTOMER_APPROVED = (
    "customer:waiting",
    "customer:change",
    "customer:approved",
)


def refresh(session: Session, character_id: str) -> None:
    """Write the facets of a character anew, after one of its pictures came, went or was decided on."""
    session.flush()
    own = CharacterImage.character_id == character_id
    pictures = session.execute(
        select(
            CharacterImage.style,
            CharacterImage.review,
            CharacterImage.is_selected,
            CharacterImage.awaits_review,
        ).where(own)
    ).all()
    drawn_by = select(ProviderCall.provider).join(
        CharacterImage, CharacterImage.work_key == ProviderCall.work_key
    )
    words = {f"{PROVIDER}{name}" for name in session.scalars(drawn_by.where(own).distinct())}
    for style, review, is_selected, awaits_review in pictures:
        words |= {f"{STYLE}{style}", f"{REVIEW}{review}"}
        if is_selected:
            words.add(FAVOURITE)
        if awaits_review:
            words.add(WAITING)
    if pictures and (customer := _of_customer(session, character_id)):
        words.add(customer)
    facets = joined(words)
    session.execute(
        update(Character)
        .where(Character.id == character_id, Character.facets != facets)
        .values(facets=facets)
    )


def _of_customer(session: Session, character_id: str) -> str:
    mine = (CustomerLink.character_id == character_id, CustomerLink.purpose == LinkPurpose.PROOF)
    columns = select(CustomerLink.answer, CustomerLink.ended).where(*mine)
    last = session.execute(columns.order_by(CustomerLink.id.desc()).limit(1)).one_or_none()
    if last is None or last.ended is not None:
        return ""
    return {
        None: CUSTOMER_WAITING,
        LinkAnswer.CHANGE: CUSTOMER_CHANGE,
        LinkAnswer.APPROVED: CUSTOMER_APPROVED,
    }.get(last.answer, "")


def joined(words: Iterable[str]) -> str:
    """The words as the column holds them."""
    each = sorted(words)
    return f" {' '.join(each)} " if each else ""
