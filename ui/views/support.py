"""The page of a support link, which tells of one character without the person; and where links are made."""

from dataclasses import dataclass
from datetime import datetime

from tasks.support.links import SupportLinkView, SupportTimeline
from ui.i18n import N_, _, current_language, text_direction
from ui.views.page import asset_url
from ui.views.pictures import style_label
from ui.views.templates import render
from ui.views.words import status_words

SHEETS = ("fonts.css", "tokens.css", "support.css")
STATES = {"good": N_("Good"), "expired": N_("Expired"), "withdrawn": N_("Withdrawn")}


@dataclass(frozen=True)
class NewSupportLink:
    """A link that was made just now: its address is shown this once."""

    address: str
    until: datetime


@dataclass(frozen=True)
class SupportPanel:
    """The part of a character's page: its links, those that are good first."""

    character_id: str
    links: tuple[SupportLinkView, ...]
    good: tuple[SupportLinkView, ...]
    hours: int
    most_hours: int
    may_change: bool
    is_erased: bool
    made: NewSupportLink | None = None


def support_panel_html(panel: SupportPanel) -> str:
    """The part as HTML."""
    return render("support_panel.html", panel=panel, states=STATES)


def support_html(shown: SupportTimeline) -> str:
    """The whole page."""
    return render(
        "support.html",
        **_frame(),
        title=_("What happened to character %(number)s") % {"number": shown.number},
        number=shown.number,
        status=status_words(shown.status),
        reason=shown.reason,
        until=shown.until,
        events=[(each, style_label(each.style) if each.style else "") for each in shown.events],
    )


def no_support_html(sentence: str) -> str:
    """The whole page of a link that shows nothing; `sentence` says why."""
    return render(
        "support_plain.html", **_frame(), title=_("There is nothing to see here"), sentence=_(sentence)
    )


def _frame() -> dict[str, object]:
    language = current_language()
    sheets = [asset_url(each) for each in SHEETS]
    return {"language": language, "direction": text_direction(language), "sheets": sheets}
