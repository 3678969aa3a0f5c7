"""Today, Batches, Health and Help: Gradio is the frame; `ui/static/overview.js` fills it from our routes."""

from ui.i18n import _
from ui.pages.frame import begin_page, html
from ui.views.overview import help_html, overview_shell_html
from ui.views.page import Heading, heading_html


def build_today() -> None:
    """What waits, what runs, tonight, and today's money."""
    _build("today", Heading(_("Today"), _("What waits for you, what runs, and what tonight will bring.")))


def build_batches() -> None:
    """The nightly reruns."""
    _build("batches", Heading(_("Batches"), _("Every night, what was ordered and is missing is drawn.")))


def build_health() -> None:
    """What `storykin doctor` says."""
    _build("health", Heading(_("Health"), _("Whether every part works, and what to do where one does not.")))


def build_help() -> None:
    """What an operator has to know."""
    begin_page("help")
    _heading(Heading(_("Help"), _("The short of it.")))
    html(help_html(), elem_id="help")


def _build(name: str, heading: Heading) -> None:
    begin_page(name)
    _heading(heading)
    html(
        overview_shell_html(name),
        elem_id=name,
        on_load="Storykin.overview(element)",
        scripts=("fragment.js", "overview.js"),
    )


def _heading(heading: Heading) -> None:
    html(heading_html(heading), elem_id="heading", on_load="Storykin.title(element)")
