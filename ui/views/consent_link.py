"""The page by which a consent is given: the photo, the text, who may be given it, and a signature."""

from dataclasses import dataclass

from db.models import ConsentRole, LinkAnswer
from tasks.proof.consent import LONGEST_SIGNATURE
from tasks.proof.look import LinkState, Proof
from ui.i18n import N_, _
from ui.views.proof import frame_html, proof_page_html

ROLES = {
    ConsentRole.PARENT: N_("I am a parent or guardian"),
    ConsentRole.PERSON: N_("I am the person in the photo"),
    ConsentRole.CUSTOMER: N_("I have the permission of one of them"),
}

_KEPT = (  # by the specs of providers, translated where it is shown
    N_(
        "Replicate deletes what it was sent and what it drew an hour later, by its own clock; it offers no "
        "deletion on request."
    ),
    N_(
        "OpenAI keeps what it is sent in logs against abuse for up to 30 days, and a photo in which its scan "
        "for child abuse finds something until people have looked at it; it deletes neither on request."
    ),
)


@dataclass(frozen=True)
class Ticked:
    """Somebody outside the house who may be given the photo, where it is ticked."""

    provider: str
    label: str
    what: str  # that they are given
    keeps: str  # how long they keep it, as far as is known
    agreed: bool = False


@dataclass(frozen=True)
class ConsentAsk:
    """What the page shows, and what was filled in before."""

    words: str
    version: str
    language: str  # of the words
    others: tuple[tuple[str, str], ...]  # other languages that there is a text in: code, own name
    processors: tuple[Ticked, ...]
    keep_canon: bool  # whether it is asked for
    erased_after_days: int
    sentence: str = ""  # why the answer was not taken
    role: str = ""
    signature: str = ""
    agreed: bool = False
    keeps: bool = False


def consent_link_html(proof: Proof, token: str, ask: ConsentAsk) -> str:
    """The whole page of a link that asks for a consent."""
    if proof.state is LinkState.OPEN:
        return frame_html(
            "consent_link.html",
            state=proof.state.value,
            title=_("May we use this photo?"),
            proof=proof,
            token=token,
            ask=ask,
            roles=[(each.value, _(words)) for each, words in ROLES.items()],
            longest=LONGEST_SIGNATURE,
            alert=_(ask.sentence) if ask.sentence else "",
        )
    if proof.state is not LinkState.ANSWERED:
        return proof_page_html(proof, token)
    return frame_html("consent_answered.html", token=token, proof=proof, ask=ask, **_answered(proof))


def _answered(proof: Proof) -> dict[str, str]:
    if proof.answer is LinkAnswer.REFUSED:
        return {
            "state": "answered-refused",
            "title": _("Thank you for your answer"),
            "sentence": _("You do not agree, so nothing more is made of the photo, and it will be erased."),
        }
    if proof.withdrawn:
        return {
            "state": "answered-withdrawn",
            "title": _("You have withdrawn your consent"),
            "sentence": _("Nothing more is made of the photo, and everything of it will be erased."),
        }
    return {
        "state": "answered-consented",
        "title": _("Thank you!"),
        "sentence": _("Your consent has arrived. There is nothing more for you to do."),
    }
