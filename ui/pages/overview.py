"""Today, Batches, Health and Help: Gradio is the frame; `ui/static/overview.js` fills it from our routes."""

from ui.i18n import _
from ui.pages.frame import begin_page, html
from ui.views.overview import help_html, overview_shell_html
from ui.views.page import Heading, heading_html
from ui.views.templates import render


def build_today() -> None:
    """What waits, what runs, tonight, and today's money."""
    heading = Heading(_("Today"), _("What waits for you, what runs, and what tonight will bring."))
    _build("today", heading, "tour.js", offers_tour=True)
    _part("today-news", "/fragments/news")


def build_batches() -> None:
    """The nightly reruns."""
    heading = Heading(_("Batches"), _("Every night, what was ordered and is missing is drawn."))
    _build("batches", heading, "batches.js")
    html(
        render("batch_place.html")
        + render("part.html", address="/fragments/batches/new", topic="", needs="spend")
        + render("part.html", address="/fragments/batches/schedules", topic=""),
        elem_id="batch-new",
        scripts=("part.js",),
    )


def build_health() -> None:
    """What `storykin doctor` says."""
    _build("health", Heading(_("Health"), _("Whether every part works, and what to do where one does not.")))
    _part("health-notices", "/fragments/notices")


def build_help() -> None:
    """What an operator has to know."""
    begin_page("help")
    _heading(Heading(_("Help"), _("The short of it.")))
    html(help_html(), elem_id="help", scripts=("tour.js",))


def _build(name: str, heading: Heading, *scripts: str, offers_tour: bool = False) -> None:
    begin_page(name)
    _heading(heading)
    html(
        overview_shell_html(name, offers_tour=offers_tour),
        elem_id=name,
        on_load="Storykin.overview(element)",
        scripts=("fragment.js", "overview.js", *scripts),
    )


def _part(element: str, address: str) -> None:
    html(render("part.html", address=address, topic=""), elem_id=element, scripts=("part.js",))


def _heading(heading: Heading) -> None:
    html(heading_html(heading), elem_id="heading", on_load="Storykin.title(element)")
