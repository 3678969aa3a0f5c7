"""The pages that ask who somebody is, and let them set a password."""

from dataclasses import dataclass, replace

from tasks.oidc.settings import oidc_settings
from tasks.settings import provider_settings
from ui.i18n import current_language, languages, text_direction
from ui.views.page import asset_url, head_html, sheets_html
from ui.views.templates import render


@dataclass(frozen=True)
class SignInPage:
    """What the page shows: where it leads, what was typed, and what was wrong with it."""

    next: str = ""
    email: str = ""
    problem: str = ""
    step: str = ""  # of a sign-in that waits for its second factor
    done: str = ""  # what went well before

    def with_problem(self, problem: str) -> "SignInPage":
        """The same with a sentence above the form."""
        return replace(self, problem=problem)


@dataclass(frozen=True)
class PasswordPage:
    """The page of a link that sets a password; `closed`: the problem alone, and no form."""

    token: str
    email: str = ""
    problem: str = ""
    closed: bool = False

    def with_problem(self, problem: str) -> "PasswordPage":
        """The same with a sentence above the form."""
        return replace(self, problem=problem)


def sign_in_html(page: SignInPage) -> str:
    """The whole page; with a button for the OpenID provider where one is set."""
    return render("sign_in.html", **_frame(), testid="sign-in", page=page, provider=oidc_settings().name)


def password_html(page: PasswordPage) -> str:
    """The whole page."""
    return render("set_password.html", **_frame(), testid="set-password", page=page)


def _frame() -> dict[str, object]:
    language = current_language()
    return {
        "head": head_html(),
        "sheets": sheets_html(),
        "language": language,
        "direction": text_direction(language),
        "other_languages": {code: name for code, name in languages().items() if code != language},
        "forget": asset_url("door.js") if provider_settings().path_prefix else "",
    }
