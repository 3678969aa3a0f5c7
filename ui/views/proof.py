"""The page that a customer sees by a link: photo and pictures, the answer, or kindly why there is nothing."""

from dataclasses import dataclass

from db.models import LinkAnswer
from tasks.picture_options import framing_of
from tasks.proof.answer import over
from tasks.proof.look import LinkState, Proof
from tasks.proof.reasons import LONGEST_NOTE, REASONS
from ui.i18n import N_, _, current_language, text_direction
from ui.views.page import asset_url
from ui.views.pictures import picture_title
from ui.views.templates import render

REASON_WORDS = {
    "not_alike": N_("It does not look alike"),
    "hair": N_("The hair"),
    "skin": N_("The skin"),
    "eyes": N_("The eyes"),
    "clothes": N_("The clothes"),
    "expression": N_("The look on the face"),
    "style": N_("Another style, please"),
    "other": N_("Something else"),
}
_SAID_BELOW = (  # by `tasks.proof`, translated where it is shown
    N_("This link has expired. Ask for a new one: it shows the same pictures."),
    N_("This link was withdrawn. Ask for a new one if you are still waiting for pictures."),
    N_("There is a newer link than this one. Open the one from the latest message."),
    N_("The consent to use the photo was withdrawn, so nothing is shown any more."),
    N_("These pictures are being worked on once more. You will get a new link for them."),
    N_(
        "This link leads nowhere. It may have been cut short when it was copied: open it once more from the "
        "message that it came in, or ask for a new one."
    ),
    N_(
        "This link is good no more, so your withdrawal did not arrive: the consent still stands. Tell "
        "whoever sent you the link that you withdraw it; they end it at once."
    ),
    N_("You have answered already, and that answer counts. Nothing was changed."),
    N_(
        "The pictures were changed while you were looking at them, so nothing was sent. Please look at them "
        "once more."
    ),
    N_("This link has expired. Ask for a new one if you would still like to answer."),
    N_("This link was withdrawn. There is nothing for you to do."),
    N_("Say who you are."),
    N_("Tick that you agree, or say that you do not."),
    N_("Write your name: it is your signature."),
    N_("Choose a picture first."),
    N_("Choose what should be changed."),
    N_("Say in a few words what should be changed."),
    N_("Say it in at most 300 characters."),
    N_(
        "No more changes can be asked for by this link. Approve a picture, or write to whoever sent you the "
        "link."
    ),
)
_TITLES = {
    LinkState.EXPIRED: N_("This link has expired"),
    LinkState.WITHDRAWN: N_("This link is closed"),
    LinkState.RENEWED: N_("There is a newer link"),
    LinkState.NO_CONSENT: N_("Nothing is shown any more"),
    LinkState.EMPTY: N_("The pictures are being worked on"),
}
_THANKS = {
    LinkAnswer.APPROVED: (
        N_("Thank you!"),
        N_("Your picture is approved, and we go on with it. There is nothing more for you to do."),
    ),
    LinkAnswer.CHANGE: (
        N_("Thank you!"),
        N_("Your wish has arrived. You will get a new link once there is something new to look at."),
    ),
}


@dataclass(frozen=True)
class Said:
    """What the customer had filled in, when it could not be taken; and why."""

    sentence: str = ""
    picture: int = 0
    reason: str = ""
    note: str = ""


def proof_page_html(proof: Proof, token: str, said: Said | None = None) -> str:
    """The whole page of a link that is there."""
    if proof.state is LinkState.ANSWERED and proof.answer in _THANKS:
        title, sentence = _THANKS[proof.answer]
        return plain_page_html(title, sentence, state=f"answered-{proof.answer.value}")
    if proof.state is not LinkState.OPEN:
        return plain_page_html(
            _TITLES[proof.state], over(proof.state, proof.purpose), state=proof.state.value
        )
    pictures = [
        (
            number,
            picture_title(each.image.style, framing_of(each.image.framing), each.image.ordinal),
            each.asset,
        )
        for number, each in enumerate(proof.pictures, 1)
    ]
    return frame_html(
        "proof.html",
        state=proof.state.value,
        title=_("Which picture shall it be?") if len(pictures) > 1 else _("Is this the picture?"),
        proof=proof,
        token=token,
        pictures=pictures,
        reasons=[(each.value, _(REASON_WORDS[each.value])) for each in REASONS],
        longest_note=LONGEST_NOTE,
        said=said or Said(),
        alert=_(said.sentence) if said else "",
    )


def plain_page_html(title: str, sentence: str, *, state: str) -> str:
    """A page of a heading and a sentence, both translated here."""
    return frame_html("proof_plain.html", state=state, title=_(title), sentence=_(sentence))


def frame_html(template: str, **values: object) -> str:
    """A page of its own, for a customer: nothing of the studio's, nothing foreign."""
    language = current_language()
    return render(
        template,
        language=language,
        direction=text_direction(language),
        sheets=[asset_url(each) for each in ("tokens.css", "fonts.css", "proof.css")],
        script=asset_url("proof.js"),
        **values,
    )
