"""The queue of characters that wait for a person: its frame, and one character of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from db.models import RejectCode, Review
from tasks.review.reasons import REASONS
from ui.i18n import N_, _
from ui.views.detail import TraitRow
from ui.views.templates import render

if TYPE_CHECKING:
    from tasks.review.eyes import Eyes


class Show(StrEnum):
    """Which characters the queue holds, as `?show=` says it."""

    WAITING = "waiting"
    MISSING = "missing"


SHOW_LABELS = {Show.WAITING: N_("Waiting for review"), Show.MISSING: N_("Favourite missing")}
REVIEW_LABELS = {
    Review.PROPOSED: N_("Proposed"),
    Review.APPROVED: N_("Approved"),
    Review.LOCKED: N_("Locked"),
    Review.REJECTED: N_("Rejected"),
}
SHORT_REASONS = {
    RejectCode.NOT_ALIKE: N_("Not alike"),
    RejectCode.SKIN_LIGHTER: N_("Skin lighter"),
    RejectCode.WRONG_CLOTHES: N_("Wrong clothes or headwear"),
    RejectCode.BADLY_DRAWN: N_("Badly drawn"),
    RejectCode.UNSAFE: N_("Not fit for children"),
    RejectCode.OTHER: N_("Other, with a note"),
}


@dataclass(frozen=True)
class ReviewPicture:
    """A variant beside its photo. `reason` is why it is rejected; `hidden` is shown only when asked for."""

    image_id: str
    title: str
    style: str
    url: str  # 960 pixels wide
    original_url: str
    width: int
    height: int
    review: Review
    reason: str
    hidden: bool
    favourite: bool
    verdicts: tuple[tuple[bool, str], ...]
    scores: tuple[tuple[str, str], ...]
    eyes: "Eyes | None"
    looked_at: bool


@dataclass(frozen=True)
class ReviewPhoto:
    """The photo that the variants are held against."""

    url: str
    width: int
    height: int
    eyes: "Eyes | None"
    looked_at: bool


@dataclass(frozen=True)
class ReviewCard:
    """One character of the queue."""

    character_id: str
    name: str
    waiting: bool
    photo: ReviewPhoto | None
    pictures: tuple[ReviewPicture, ...]
    traits: tuple[TraitRow, ...]
    do_not_change: tuple[str, ...]
    under_way: bool
    customer: str = ""  # how the customer's link stands, in words


def eyes_words(eyes: "Eyes | None") -> str:
    """The eyes as an attribute: four shares, or "" where none are found."""
    return " ".join(f"{value:g}" for value in (*eyes.left, *eyes.right)) if eyes else ""


def review_shell_html() -> str:
    """The page's own part: queue, keys and dialogs, filled by review.js."""
    return render(
        "review_shell.html",
        shows=[(show.value, _(SHOW_LABELS[show])) for show in Show],
        reasons=[(code.value, _(SHORT_REASONS[code]), _(sentence)) for code, sentence in REASONS.items()],
        states={review.value: _(label) for review, label in REVIEW_LABELS.items()},
    )


def review_card_html(card: ReviewCard) -> str:
    """One character of the queue, as a fragment."""
    return render("review_card.html", card=card, states=REVIEW_LABELS, eyes_words=eyes_words)
