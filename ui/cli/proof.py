"""`storykin proof`: links by which a customer approves a picture, or asks for a change."""

from collections.abc import Sequence

from db.engine import record
from db.models import LinkAnswer, LinkPurpose
from db.record_state import require_current
from db.repositories import characters, customer_links, images
from tasks.proof.links import LinkShown, MadeLink, links_of, make_link, renew_link, withdraw_link
from tasks.proof.reasons import REASONS, ChangeReason
from tasks.runtime import current_runtime
from tasks.settings import provider_settings
from ui.cli.output import print_document
from ui.cli.which_picture import wanted_variant

DONE, FAILED = 0, 1
ACTOR = "command line"


def make(
    beginning: str, pictures: Sequence[str], *, days: int | None, changes: int | None, renew: bool
) -> int:
    """Make a link, or a new one in place of the last; print its address, this once."""
    require_current()
    character_id, image_ids = _wanted(beginning, pictures)
    made = (renew_link if renew else make_link)(
        current_runtime(),
        character_id=character_id,
        by=None,
        image_ids=image_ids,
        days=days,
        changes=changes,
        actor=ACTOR,
    )
    print(printed_address(made))
    print(f"It shows {made.pictures} pictures, until {made.until:%Y-%m-%d}. It is printed this once.")
    return DONE


def withdraw(beginning: str) -> int:
    """End the last link of a character."""
    require_current()
    character_id, _none = _wanted(beginning, ())
    withdrawn = withdraw_link(current_runtime(), character_id=character_id, by=None, actor=ACTOR)
    print("The link is withdrawn." if withdrawn else "There was no link to withdraw.")
    return DONE


def show(beginning: str | None, *, as_json: bool) -> int:
    """Print the links of a character; of everybody those that wait, or ask for a change."""
    require_current()
    if beginning is None:
        with record().reading() as session:
            ids = customer_links.unsettled(session)
    else:
        ids = [_wanted(beginning, ())[0]]
    found = [
        (each, link)
        for each in ids
        for link in links_of(current_runtime(), character_id=each)
        if link.purpose is LinkPurpose.PROOF and (beginning is not None or not link.is_ended)
    ]
    if as_json:
        print_document({"links": [_document(each, link) for each, link in found]})
        return DONE
    for each, link in found:
        print(f"{each}  {_words(link)}")
    if not found:
        print("No link." if beginning else "No link waits for an answer.")
    return DONE


def _wanted(beginning: str, pictures: Sequence[str]) -> tuple[str, list[str] | None]:
    with record().reading() as session:
        character_id = characters.by_beginning(session, beginning).id
        variants = images.of_character(session, character_id) if pictures else []
    chosen = [wanted_variant(variants, each.lower()).image.id for each in pictures]
    return character_id, chosen or None


def printed_address(made: MadeLink) -> str:
    """The whole address of a new link."""
    return provider_settings().public_address.rstrip("/") + made.path


def _words(link: LinkShown) -> str:
    if link.answer is LinkAnswer.CHANGE:
        reason = REASONS[ChangeReason(link.reason)] if link.reason else ""
        return f"change asked for: {reason} {link.note}".rstrip()
    if link.answer is not None:
        return link.answer.value
    opened = "opened" if link.opened_at else "not opened yet"
    return f"{link.state.value}, {opened}, until {link.until:%Y-%m-%d}"


def _document(character_id: str, link: LinkShown) -> dict[str, object]:
    def moment(at: object) -> str | None:
        return at.isoformat() if hasattr(at, "isoformat") else None

    return {
        "character": character_id,
        "link": link.link_id,
        "state": link.state.value,
        "answer": link.answer.value if link.answer else None,
        "picture": link.image_id,
        "reason": link.reason,
        "note": link.note,
        "changes_left": link.changes_left,
        "made_at": moment(link.made_at),
        "until": moment(link.until),
        "opened_at": moment(link.opened_at),
        "answered_at": moment(link.answered_at),
    }
