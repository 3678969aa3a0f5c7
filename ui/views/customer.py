"""The customer's part of a character's page: the link, what became of it, and what the customer has said."""

from dataclasses import dataclass
from datetime import datetime

from db.models import LinkAnswer
from tasks.proof.links import LinkShown
from tasks.proof.look import LinkState
from ui.i18n import N_
from ui.views.proof import REASON_WORDS
from ui.views.templates import render

STATE_WORDS = {
    LinkState.OPEN: N_("Waiting for the customer"),
    LinkState.EXPIRED: N_("The link has expired without an answer"),
    LinkState.WITHDRAWN: N_("The link was withdrawn"),
    LinkState.RENEWED: N_("Replaced by a newer link"),
    LinkState.NO_CONSENT: N_("Closed: the consent was withdrawn"),
    LinkState.EMPTY: N_("Every picture of this link is held back or gone: the customer sees none"),
}
ANSWER_WORDS = {
    LinkAnswer.APPROVED: N_("Approved by the customer"),
    LinkAnswer.CHANGE: N_("The customer asks for a change"),
    LinkAnswer.CONSENTED: N_("The customer has consented"),
    LinkAnswer.REFUSED: N_("The customer has not consented"),
}
_WARNED = frozenset({LinkState.EXPIRED, LinkState.NO_CONSENT, LinkState.EMPTY})


@dataclass(frozen=True)
class OfferedPicture:
    """A picture that may be put into a link."""

    image_id: str
    title: str
    url: str
    chosen: bool


@dataclass(frozen=True)
class NewLink:
    """A link that was made just now: its address is shown this once."""

    address: str
    until: datetime
    pictures: int


@dataclass(frozen=True)
class CustomerPanel:
    """Everything that the part shows; `why_not` says why no link can be made."""

    character_id: str
    links: tuple[LinkShown, ...]  # the newest first
    titles: dict[str, str]  # of pictures, by id
    pictures: tuple[OfferedPicture, ...]
    days: int
    changes: int
    made: NewLink | None = None
    why_not: str = ""

    @property
    def last(self) -> LinkShown | None:
        """The newest link."""
        return self.links[0] if self.links else None

    @property
    def can_renew(self) -> bool:
        """Whether a new link would take the place of the last one."""
        return (
            self.last is not None and self.last.answer is not LinkAnswer.APPROVED and not self.last.is_ended
        )

    @property
    def can_withdraw(self) -> bool:
        """Whether there is a link that could be ended, or a wish that could be put aside."""
        return self.can_renew


def link_words(link: LinkShown) -> str:
    """How a link stands, in English words for the catalogue."""
    return ANSWER_WORDS[link.answer] if link.answer else STATE_WORDS[link.state]


def link_tone(link: LinkShown) -> str:
    """ "good", "warn" or "": how it is to be seen."""
    if link.answer in (LinkAnswer.APPROVED, LinkAnswer.CONSENTED):
        return "good"
    return "warn" if link.answer in (LinkAnswer.CHANGE, LinkAnswer.REFUSED) or link.state in _WARNED else ""


def customer_panel_html(panel: CustomerPanel) -> str:
    """The part as HTML."""
    return render(
        "customer_panel.html",
        panel=panel,
        link_words=link_words,
        link_tone=link_tone,
        reason_words=REASON_WORDS,
    )
