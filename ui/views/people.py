"""The pages of who may sign in: everybody, one person, and every program's token."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from db.models import Role
from tasks.accounts.overview import PersonDetails, PersonShown
from tasks.accounts.tokens import TokenView
from tasks.oidc.settings import oidc_settings
from ui.i18n import N_, _
from ui.views.account import ROLES, TOKEN_STATES, Said, frame
from ui.views.browsers import browser_words, network_words
from ui.views.templates import render

MAY = {
    Role.OPERATOR: N_("sees everything, orders pictures, decides about them, erases whom they have made"),
    Role.REVIEWER: N_("approves and rejects pictures; sees no costs, no prompts, no consents"),
    Role.AUDITOR: N_("sees everything and the audit log, changes nothing"),
    Role.ADMINISTRATOR: N_("all of that, and people, consent texts, and erasing anybody"),
}


@dataclass(frozen=True)
class NewPasswordLink:
    """A link that sets a password, made just now: its address is shown this once."""

    address: str
    until: datetime


@dataclass(frozen=True)
class Typed:
    """What stands in the form of a new account: as it was sent, where it was refused."""

    name: str = ""
    email: str = ""
    role: Role = Role.OPERATOR


def people_html(
    people: Sequence[PersonShown], own_id: str | None, said: Said, typed: Typed | None = None
) -> str:
    """The page of everybody; `typed`: what stands in the form that went wrong."""
    return _page("people.html", _("People"), people=people, own_id=own_id, said=said, typed=typed or Typed())


def person_html(
    details: PersonDetails,
    own_id: str | None,
    said: Said | None = None,
    link: NewPasswordLink | None = None,
) -> str:
    """The page of one person; `link`: what has to be given to them, shown this once."""
    return _page(
        "person.html",
        details.person.name,
        them=details.person,
        details=details,
        is_own=details.person.user_id == own_id,
        said=said or Said(),
        link=link,
        browser=browser_words,
        network=network_words,
        provider=oidc_settings().name,
    )


def tokens_html(tokens: Sequence[TokenView], said: Said) -> str:
    """The page of every token."""
    return _page("tokens.html", _("API tokens"), "tokens", tokens=tokens, said=said, own=False)


def _page(template: str, title: str, current: str = "people", **shown: object) -> str:
    return render(template, **frame(title, current), roles=ROLES, may=MAY, token_states=TOKEN_STATES, **shown)
