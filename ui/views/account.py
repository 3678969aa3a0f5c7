"""The page of one's own account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import segno

from db.models import Role
from tasks.accounts.own import OwnAccount
from tasks.accounts.second_factor import NewFactor
from tasks.accounts.tokens import BELOW, MOST_DAYS, USUAL_DAYS, TokenView
from tasks.oidc.settings import oidc_settings
from ui.acting import acting_attributes
from ui.i18n import N_, _, current_language, text_direction
from ui.views.browsers import browser_words, network_words
from ui.views.page import head_html, script_html, sheets_html, topbar_html
from ui.views.templates import render

ROLES = {
    Role.OPERATOR: N_("Operator"),
    Role.REVIEWER: N_("Reviewer"),
    Role.AUDITOR: N_("Auditor"),
    Role.ADMINISTRATOR: N_("Administrator"),
}

TOKEN_STATES = {"good": N_("Good"), "expired": N_("Expired"), "revoked": N_("Revoked")}


@dataclass(frozen=True)
class Said:
    """What came of the last form: a sentence, by which form, and whether it went wrong."""

    sentence: str = ""
    form: str = ""
    wrong: bool = False


@dataclass(frozen=True)
class NewToken:
    """What stands in the form of a new token."""

    name: str
    role: Role
    days: str

    @classmethod
    def of(cls, fields: Mapping[str, str], usual: Role) -> "NewToken":
        """As a form has sent it, cut to what the fields take. A role that there is not is `usual`."""
        said = fields.get("role", "")
        role = Role(said) if said in set(Role) else usual
        return cls(fields.get("name", "")[:80], role, fields.get("days", "")[:5])


def account_html(
    account: OwnAccount,
    factor: tuple[bool, int],
    tokens: Sequence[TokenView],
    said: Said | None = None,
    new_token: NewToken | None = None,
) -> str:
    """The whole page; `factor`: whether there is one, and how many recovery codes are left; `new_token`: what
    stands in the form of a token that was refused.
    """
    return render(
        "account.html",
        **frame(_("Your account")),
        account=account,
        factor_on=factor[0],
        codes_left=factor[1],
        role=_(ROLES[account.role]),
        roles=ROLES,
        token_roles=[each for each in ROLES if each in BELOW[account.role]],
        token_states=TOKEN_STATES,
        tokens=tokens,
        new_token=new_token or NewToken("", account.role, str(USUAL_DAYS)),
        most_days=MOST_DAYS,
        own=True,
        provider=oidc_settings().name,
        said=said or Said(),
        browser=browser_words,
        network=network_words,
    )


def new_token_html(token: str, made: TokenView) -> str:
    """The page that tells a new token, this once."""
    return render("new_token.html", **frame(_("Your new API token")), token=token, made=made, roles=ROLES)


def new_factor_html(factor: NewFactor | None, problem: str = "") -> str:
    """The page that tells an authenticator its secret, this once; without it, the code is asked for again."""
    picture = ""
    if factor is not None:
        code = segno.make(factor.uri, error="m")
        picture = code.svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=True)
    return render(
        "new_factor.html",
        **frame(_("Add a second factor")),
        picture=picture,
        secret=" ".join(_fours(factor.secret)) if factor else "",
        uri=factor.uri if factor else "",
        problem=problem,
    )


def recovery_codes_html(codes: Sequence[str]) -> str:
    """The page that shows recovery codes, this once."""
    return render("recovery_codes.html", **frame(_("Your recovery codes")), codes=codes)


def _fours(text: str) -> list[str]:
    return [text[at : at + 4] for at in range(0, len(text), 4)]


def frame(title: str, current: str = "", scripts: Sequence[str] = ()) -> dict[str, object]:
    """What stands around each of these pages."""
    language = current_language()
    return {
        "head": head_html(),
        "sheets": sheets_html(),
        "scripts": script_html(*scripts),
        "topbar": topbar_html(current),
        "current": current,
        "language": language,
        "direction": text_direction(language),
        "person": acting_attributes(),
        "title": title,
    }
