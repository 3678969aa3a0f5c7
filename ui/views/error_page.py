"""The page in place of one that is not there, or that could not be shown."""

from ui.acting import acting_attributes
from ui.i18n import N_, _, current_language, text_direction
from ui.views.page import head_html, sheets_html, topbar_html
from ui.views.templates import render

_NOT_HERE = (
    N_("There is no such page"),
    N_("Nothing is at this address. It may be cut short, or what was here has been moved or erased."),
)
_NOT_YOURS = (
    N_("This page is not for your account"),
    N_("Your role in this studio does not include it. An administrator can change that."),
)
_BROKEN = (
    N_("This page can't be shown"),
    N_("Something went wrong inside Storykin. Nothing is lost; its log has the reason. Load the page again."),
)


_NO_PICTURE = N_("This picture can't be shown")


def error_page_html(status: int) -> str:
    """A whole page for the HTTP `status` (403, 404, 405, 410, 500)."""
    if status == 403:
        return _page(*_NOT_YOURS)
    return _page(*(_BROKEN if status >= 500 else _NOT_HERE))


def no_picture_html(sentence: str) -> str:
    """A whole page for whoever opened the link to a picture that is not given out; `sentence` says why."""
    return _page(_NO_PICTURE, sentence)


def _page(title: str, sentence: str) -> str:
    language = current_language()
    return render(
        "error_page.html",
        head=head_html(),
        sheets=sheets_html(),
        topbar=topbar_html(""),
        language=language,
        direction=text_direction(language),
        person=acting_attributes(),
        title=_(title),
        sentence=_(sentence),
    )
