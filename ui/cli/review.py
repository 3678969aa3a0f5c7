"""`storykin review`: what waits for a decision, and deciding, by the same use cases as the studio's page."""

from collections.abc import Callable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from db.engine import record
from db.models import Review
from db.record_state import require_current
from db.repositories import characters, images, review_queue
from db.repositories.images import Variant
from tasks.errors import UsageError
from tasks.likeness_words import in_short
from tasks.review import decide
from tasks.review.decide import Decided
from tasks.runtime import Runtime, current_runtime
from ui.cli.output import print_document
from ui.cli.which_picture import title, wanted_variant

DONE = 0
VIA = "command line"  # the way a decision came by, where no person is known
MOST = 1000
STANDS = {
    Review.PROPOSED: "waits",
    Review.APPROVED: "approved",
    Review.LOCKED: "locked",
    Review.REJECTED: "rejected",
}


def review_list(*, missing: bool, limit: int, as_json: bool) -> int:
    """Print who waits for review, the longest waiting first; or, if `missing`, who has no favourite."""
    if not 1 <= limit <= MOST:
        raise UsageError(f"Give --limit a number from 1 to {MOST}.", code="bad_limit")
    require_current()
    wanted = review_queue.favourite_missing() if missing else review_queue.waiting_for_review()
    with record().reading() as session:
        ids = review_queue.queue(session, wanted, limit=limit)
        count = review_queue.count_favourite_missing if missing else review_queue.count_waiting
        total = count(session)
        found = [(characters.get(session, each), images.of_character(session, each)) for each in ids]
    if as_json:
        told = [
            {"id": who.id, "name": who.called, "pictures": [_document(each) for each in drawn]}
            for who, drawn in found
        ]
        print_document({"total": total, "characters": told})
        return DONE
    if not found:
        print("Every character has its favourite." if missing else "Nothing waits for review.")
        return DONE
    table = Table(box=None, pad_edge=False)
    table.add_column("id", no_wrap=True, min_width=36)
    for heading in ("name", "picture", "stands", "likeness"):
        table.add_column(heading)
    for who, drawn in found:
        for number, each in enumerate(drawn):
            first = ("", "") if number else (who.id, who.called)
            star = " ★" if each.image.is_selected else ""
            likeness = in_short(each.image.likeness)
            table.add_row(
                first[0], Text(first[1]), title(each) + star, STANDS[each.image.review], Text(likeness)
            )
    console = Console(highlight=False, soft_wrap=True)
    console.width = max(console.width, 240)
    console.print(table)
    if total > len(found):
        console.print(f"{len(found)} of {total}; --limit shows more.")
    return DONE


def approve(beginning: str, wanted: str) -> int:
    """The picture is good; one that was held back is like any other again."""
    return _decided(beginning, wanted, decide.approve, "{picture} of {name} is approved.")


def lock(beginning: str, wanted: str) -> int:
    """The picture is the canon."""
    return _decided(beginning, wanted, decide.lock, "{picture} of {name} is locked.")


def propose(beginning: str, wanted: str) -> int:
    """The picture waits for review again."""
    return _decided(beginning, wanted, decide.propose, "{picture} of {name} waits for review again.")


def reject(beginning: str, wanted: str, code: str, note: str) -> int:
    """The picture is not to be used, for a reason of the list."""

    def rejected(runtime: Runtime, *, character_id: str, image_id: str, via: str) -> Decided:
        reason = code.replace("-", "_")
        return decide.reject(
            runtime, character_id=character_id, image_id=image_id, code=reason, note=note, via=via
        )

    return _decided(beginning, wanted, rejected, "{picture} of {name} is rejected.")


def favourite(beginning: str, wanted: str) -> int:
    """The picture is the favourite, and no other is."""
    return _decided(beginning, wanted, decide.favourite, "{picture} is the favourite of {name} now.")


def undo(beginning: str) -> int:
    """Take back the newest decision about the character."""
    require_current()
    runtime = current_runtime()
    with runtime.record.reading() as session:
        who = characters.by_beginning(session, beginning)
    done = decide.undo_newest(runtime, character_id=who.id, via=VIA)
    with runtime.record.reading() as session:
        variant = next(
            each for each in images.of_character(session, who.id) if each.image.id == done.image_id
        )
    stands = STANDS[variant.image.review]
    star = ", and is the favourite" if variant.image.is_selected else ""
    print(f"Taken back: {title(variant)} of {who.called} {_is(stands)} again{star}.")
    return DONE


def _is(stands: str) -> str:
    return stands if stands == "waits" else f"is {stands}"


def _decided(beginning: str, wanted: str, act: Callable[..., Decided], told: str) -> int:
    require_current()
    runtime = current_runtime()
    with runtime.record.reading() as session:
        who = characters.by_beginning(session, beginning)
        variant = wanted_variant(images.of_character(session, who.id), wanted.lower())
    act(runtime, character_id=who.id, image_id=variant.image.id, via=VIA)
    print(told.format(picture=title(variant), name=who.called))
    return DONE


def _document(variant: Variant) -> dict[str, object]:
    image = variant.image
    return {
        "picture": title(variant),
        "id": image.id,
        "review": image.review.value,
        "code": image.review_code,
        "waits": image.awaits_review,
        "favourite": image.is_selected,
        "likeness": image.likeness,
    }
