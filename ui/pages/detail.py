"""One character: the large picture and its variants on the left, what is known on the right."""

from typing import Any

import gradio as gr

from db.errors import NotFound
from flows.request_run import AskedRun
from ui.handlers.correction import cancel_run_of, draw_corrected, take_favourite_back
from ui.handlers.detail import (
    approve_picture,
    character_page,
    draw_again,
    draw_style,
    pick_favourite,
    try_again,
)
from ui.i18n import N_, _
from ui.pages.frame import (
    EVENT,
    begin_page,
    custom_event,
    delegate_events,
    event_field,
    html,
    toast,
    ui_event,
    warn,
)
from ui.services import StudioServices
from ui.views import detail as view
from ui.views.detail import CharacterPage
from ui.views.page import Heading, heading_html
from ui.views.runs import RunState

TICK_SECONDS = 5.0  # between looks at a run by the clock; what happens meanwhile is told as it happens
# News of this character, unless a person is just typing; after a break only where a run is under way.
_OF_A_PICTURE = ("show_picture", "make_favourite", "undo_favourite", "approve_picture", "draw_style")
# Only a picture that was chosen is named: without one the address shows the favourite, whichever that is.
# An answer to an earlier look may come after the one to the choice, and knows nothing of it: then it is
# chosen once more.
_SHOWN_IN_ADDRESS = """let wanted = '';
element.addEventListener('click', (click) => {
  const chosen = click.target.closest('[data-event=show_picture]');
  if (!chosen) return;
  wanted = chosen.dataset.image;
  Storykin.address({ picture: wanted });
});
watch('value', () => {
  const shown = element.querySelector('[data-event=show_picture][aria-current]');
  if (!wanted || !shown || shown.dataset.image === wanted) return;
  const image = wanted;
  wanted = '';
  trigger('show_picture', { image });
})"""
FOLLOW = "Storykin.follow((busy) => trigger('news', { busy: busy ? 'yes' : '' }))"


def build(demo: gr.Blocks, services: StudioServices) -> None:
    """Lay the page and wire it. The address has the character (`id`) and the picture shown (`picture`)."""
    begin_page("")
    heading = html(
        heading_html(Heading("…", back=True)),
        elem_id="heading",
        on_load="Storykin.title(element); watch('value', () => Storykin.title(element))",
    )
    character_id, shown = gr.Textbox(visible=False), gr.Textbox(visible=False)
    timer = gr.Timer(TICK_SECONDS, active=False)
    banner = html(elem_id="banner", on_load=f"{delegate_events('try_again', 'cancel_run')}; {FOLLOW}")
    # Hidden until there is something to show: an unknown address has a sentence, not empty frames.
    with gr.Row(equal_height=False, visible=False) as body:
        with gr.Column(scale=1, elem_classes="sk-panel", min_width=320):
            stage = html(
                elem_id="stage",
                on_load=f"{delegate_events(*_OF_A_PICTURE)}; {_SHOWN_IN_ADDRESS}",
                scripts=("downloads.js", "compare.js", "comparing.js"),
            )
        with gr.Column(scale=1, elem_classes="sk-panel", min_width=320), gr.Tabs(overflow_behavior="wrap"):
            profile, details = _panel(N_("Profile")), _panel(N_("Details"))
            tabs = [
                profile,
                details,
                *map(_part, (N_("Customer"), N_("Consent"))),
                *(_tab(label) for label in (N_("Compare"), N_("Lineage"))),
                *_timeline(),
            ]

    events = _Events(services)
    parts = [heading, body, banner, stage, *tabs, timer]
    which = [character_id, shown]
    once: dict[str, Any] = {"trigger_mode": "once", **EVENT}
    custom_event(stage, "show_picture")(events.show_picture, which, [shown, *parts], **EVENT)
    custom_event(stage, "make_favourite")(events.make_favourite, which, [shown, *parts], **EVENT)
    custom_event(stage, "undo_favourite")(events.undo_favourite, which, [shown, *parts], **EVENT)
    custom_event(stage, "approve_picture")(events.approve_picture, which, [shown, *parts], **EVENT)
    custom_event(stage, "draw_style")(events.draw_style, which, parts, **once)
    custom_event(profile, "draw_corrected")(events.draw_corrected, which, parts, **once)
    for panel in (profile, details):
        custom_event(panel, "show_again")(events.show_again, which, parts, **EVENT)
    custom_event(banner, "cancel_run")(events.cancel_run, which, parts, **once)
    custom_event(banner, "try_again")(events.try_again, which, parts, **once)
    timer.tick(events.tick, which, parts, **EVENT)
    custom_event(banner, "news")(events.look_again, which, parts, trigger_mode="always_last", **EVENT)
    demo.load(events.open_page, None, [*which, *parts], **EVENT)


def _tab(label: str) -> gr.HTML:
    with gr.Tab(_(label)):
        return html(elem_id=label.lower())


def _timeline() -> tuple[gr.HTML, gr.HTML]:
    """What happened, and below it the links by which somebody who helps sees that."""
    with gr.Tab(_("Timeline")):
        return html(elem_id="timeline"), html(elem_id="support", scripts=["part.js"])


def _part(label: str) -> gr.HTML:
    """A part of its own, whose forms are told nowhere else on the page but in the timeline and the banner."""
    with gr.Tab(_(label)):
        return html(elem_id=label.lower(), scripts=["part.js"])


def _panel(label: str) -> gr.HTML:
    """A part that talks to routes of its own; what it saves is shown in the rest of the page, too."""
    with gr.Tab(_(label)):
        return html(
            elem_id=label.lower(),
            on_load=f"{delegate_events('draw_corrected')}; "
            "element.addEventListener('sk-saved', () => trigger('show_again', {}))",
            scripts=["profile.js"],
        )


class _Events:
    """What the page does when something happens: handlers in, components out."""

    def __init__(self, services: StudioServices) -> None:
        self._services = services

    @ui_event
    def open_page(self, request: gr.Request) -> tuple[Any, ...]:
        """The page was opened: the character in its address, or a word that there is none."""
        character_id, shown = (request.query_params.get(name, "") for name in ("id", "picture"))
        try:
            return character_id, shown, *self._parts(character_id, shown)
        except NotFound:
            return "", "", *_clear_selection()

    @ui_event
    def show_picture(self, character_id: str, shown: str, event: gr.EventData) -> tuple[Any, ...]:
        """A variant was chosen to be seen large."""
        picture = event_field(event, "image") or shown
        return picture, *self._parts(character_id, picture)

    @ui_event
    def make_favourite(self, character_id: str, shown: str, event: gr.EventData) -> tuple[Any, ...]:
        """The picture that is shown large becomes the favourite."""
        picture = event_field(event, "image") or shown
        title = pick_favourite(self._services, character_id, picture)
        toast(_("“%(title)s” is the favourite now.", title=title))
        return picture, *self._parts(character_id, picture)

    @ui_event
    def undo_favourite(self, character_id: str, shown: str, event: gr.EventData) -> tuple[Any, ...]:
        """There is no favourite any more; the picture stays in view."""
        picture = event_field(event, "image") or shown
        take_favourite_back(self._services, character_id)
        toast(_("There is no favourite any more."))
        return picture, *self._parts(character_id, picture)

    @ui_event
    def draw_corrected(self, character_id: str, shown: str, event: gr.EventData) -> tuple[Any, ...]:
        """New pictures of these styles, from the profile as it was corrected."""
        styles = [style for style in event_field(event, "styles").split(",") if style]
        _warn_if_not_submitted(draw_corrected(self._services, character_id, styles))
        return self._parts(character_id, shown)

    @ui_event
    def show_again(self, character_id: str, shown: str) -> tuple[Any, ...]:
        """A panel has saved something: the name above, the styles and the timeline follow."""
        return self._parts(character_id, shown)

    @ui_event
    def cancel_run(self, character_id: str, shown: str) -> tuple[Any, ...]:
        """End the run that is under way."""
        problem = cancel_run_of(self._services, character_id)
        if problem:
            warn(problem)
        else:
            toast(_("The run is cancelled."))
        return self._parts(character_id, shown)

    @ui_event
    def approve_picture(self, character_id: str, shown: str, event: gr.EventData) -> tuple[Any, ...]:
        """The picture that was held back is one like the others from now on."""
        picture = event_field(event, "image") or shown
        title = approve_picture(self._services, character_id, picture)
        toast(_("“%(title)s” is kept.", title=title))
        return picture, *self._parts(character_id, picture)

    @ui_event
    def draw_style(self, character_id: str, shown: str, event: gr.EventData) -> tuple[Any, ...]:
        """Draw a missing style or framing, or (`another`) one more picture in a style."""
        draw = draw_again if event_field(event, "another") else draw_style
        style, *chosen = (event_field(event, name) for name in ("style", "framing", "resolution"))
        _warn_if_not_submitted(draw(self._services, character_id, style, *chosen))
        return self._parts(character_id, shown)

    @ui_event
    def try_again(self, character_id: str, shown: str) -> tuple[Any, ...]:
        """The banner's button was pressed: submit the failed or missing part again."""
        _warn_if_not_submitted(try_again(self._services, character_id))
        return self._parts(character_id, shown)

    @ui_event
    def tick(self, character_id: str, shown: str) -> tuple[Any, ...]:
        """The timer ticked: show the progress, and a toast at the end of the run."""
        page = character_page(self._services, character_id, shown)
        if not page.under_way:
            _toast_outcome(page)
        return _outputs(page)

    @ui_event
    def look_again(self, character_id: str, shown: str, event: gr.EventData) -> tuple[Any, ...]:
        """Something has happened to this character; `busy` where its run was under way before."""
        page = character_page(self._services, character_id, shown)
        if event_field(event, "busy") and not page.under_way:
            _toast_outcome(page)
        return _outputs(page)

    def _parts(self, character_id: str, shown: str) -> tuple[Any, ...]:
        return _outputs(character_page(self._services, character_id, shown))


def _outputs(page: CharacterPage) -> tuple[Any, ...]:
    waiting = page.run is not None and page.run.state is RunState.NOT_SENT
    return (
        view.detail_heading_html(page),
        gr.Row(visible=True),
        view.banner_html(page),
        view.stage_html(page),
        view.panel_html(page, "profile"),
        view.panel_html(page, "details"),
        view.part_html(page, "customer"),
        view.part_html(page, "consent"),
        view.compare_html(page),
        view.lineage_html(page),
        view.timeline_html(page),
        view.support_html(page),
        gr.Timer(active=page.under_way and not waiting),
    )


def _clear_selection() -> tuple[Any, ...]:
    heading = heading_html(Heading(_("Nobody here"), back=True))
    hidden, empty = gr.Row(visible=False), [""] * 9
    return heading, hidden, view.not_found_html(), *empty, gr.Timer(active=False)


def _warn_if_not_submitted(asked: AskedRun) -> None:
    if asked.problem:
        warn(asked.problem)


def _toast_outcome(page: CharacterPage) -> None:
    if page.sentence:
        warn(page.sentence)
    else:
        toast(_("%(name)s is ready.", name=page.called))
