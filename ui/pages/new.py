"""A new character: the form on the left, the run on the right."""

from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from db.names import LONGEST_CODE_POINTS
from flows.request_run import AskedRun
from tasks.styles.packs import style_names, style_packs
from ui.handlers.detail import try_again
from ui.handlers.estimate import estimate_for_new
from ui.handlers.run_progress import RunState
from ui.handlers.runs import RunView, run_view
from ui.handlers.start import NewCharacter, WhichPerson, start_character
from ui.pages.frame import EVENT, begin_page, delegating, event_of, html, said, say, ui_event, warn
from ui.services import Services
from ui.views.estimate import estimate_html
from ui.views.new import consent_words, photo_zone_html, which_person_html
from ui.views.page import Heading, heading_html
from ui.views.runs import before_run_html, run_html

GENDERS = [("Girl", "girl"), ("Boy", "boy"), ("Woman", "woman"), ("Man", "man"), ("Not said", "unspecified")]
TICK_SECONDS = 1.0

_ZONE = "Storykin.photoZone(element, trigger, {changed: 'photo_changed', refused: 'photo_refused'})"
# The browser knows the key of the uploaded photo, and waits for an upload that is still on its way.
_WITH_PHOTO = "async (key, ...fields) => [await Storykin.photoKey(), ...fields]"
_STARTED = "(run, question) => { if (run && !question) Storykin.started(run); }"


@dataclass(frozen=True)
class _Form:
    """The widgets on the left."""

    zone: gr.HTML
    photo_key: gr.Textbox
    name: gr.Textbox
    gender: gr.Radio
    people: gr.HTML
    styles: gr.CheckboxGroup
    estimate: gr.HTML
    consent: gr.Checkbox
    generate: gr.Button

    @property
    def fields(self) -> list[Any]:
        """What is sent, in the order in which `_Events` takes it."""
        return [self.photo_key, self.name, self.gender, self.styles, self.consent]


def build(demo: gr.Blocks, services: Services) -> None:
    """Lay the page and wire it. The run is in the address (`?run=`) and the truth in the record."""
    begin_page("new")
    html(
        heading_html(Heading("New character", "One clear photo of one person is enough.", back=True)),
        elem_id="heading",
        on_load="Storykin.title(element)",
    )
    run_token = gr.Textbox(visible=False)
    timer = gr.Timer(TICK_SECONDS, active=False)
    with gr.Row(equal_height=False):
        with gr.Column(scale=6, elem_classes="sk-panel", min_width=320):
            form = _form()
        with gr.Column(scale=4, elem_classes="sk-panel", min_width=320):
            run = html(before_run_html(), elem_id="run", on_load=delegating("try_again"))

    events = _Events(services)
    watched = [run, timer, form.generate]
    started = [run_token, form.people, *watched]
    once: dict[str, Any] = {"trigger_mode": "once", **EVENT}
    pick = event_of(form.people, "pick_person")
    for happening in (
        form.generate.click(events.generate, form.fields, started, js=_WITH_PHOTO, **once),
        pick(events.pick_person, form.fields, started, js=_WITH_PHOTO, **once),
        event_of(run, "try_again")(events.try_again, [run_token], started, **once),
    ):
        happening.success(None, [run_token, form.people], None, js=_STARTED, **EVENT)
    # In the browser alone: an answer from the server could come after the next question, and wipe it out.
    event_of(form.zone, "photo_changed")(None, None, [form.people], js="() => ''", **EVENT)
    event_of(form.zone, "photo_refused")(events.photo_refused, None, None, **EVENT)
    timer.tick(events.look, [run_token], watched, **EVENT)
    form.styles.change(events.estimate, [form.styles], [form.estimate], trigger_mode="always_last", **EVENT)
    demo.load(events.open_page, None, [form.estimate, run_token, *watched], **EVENT)


def _form() -> _Form:
    photo_key = gr.Textbox(visible=False)
    with gr.Row(equal_height=False):
        with gr.Column(min_width=260):
            zone = html(photo_zone_html(), elem_id="photo", on_load=_ZONE)
        with gr.Column(min_width=260):
            name = gr.Textbox(
                label="Name",
                placeholder="For example Maya",
                elem_id="name",
                max_length=LONGEST_CODE_POINTS,  # a browser would cut a family of four into pieces
                max_lines=1,
            )
            gender = gr.Radio(GENDERS, value="unspecified", label="Gender", elem_id="gender")
    people = html(elem_id="people", on_load=delegating("pick_person"))
    styles = gr.CheckboxGroup(
        [(pack.label, pack.name) for pack in style_packs().values()],
        value=list(style_names()),
        label="Styles",
        info="One picture is drawn in each.",
        elem_id="styles",
    )
    estimate = html(elem_id="estimate")
    consent = gr.Checkbox(label=consent_words(), elem_id="consent")
    generate = gr.Button("Generate character", variant="primary", elem_id="generate")
    return _Form(zone, photo_key, name, gender, people, styles, estimate, consent, generate)


class _Events:
    """What the page does when something happens: handlers in, components out."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @ui_event
    def generate(self, *fields: Any) -> tuple[Any, ...]:
        """The button: a run begins, or the question who is meant."""
        return self._start(_filled_in(fields))

    @ui_event
    def pick_person(
        self, key: str, name: str, gender: str, styles: list[str], consent: bool, event: gr.EventData
    ) -> tuple[Any, ...]:
        """The answer to that question."""
        face = said(event, "face") or None
        return self._start(replace(_filled_in((key, name, gender, styles, consent)), face=face))

    @ui_event
    def try_again(self, run_token: str) -> tuple[Any, ...]:
        """The button in the run's panel."""
        view = run_view(self._services, run_token)
        if view is None:
            return run_token, "", *_watched(None)
        return self._asked(try_again(self._services, view.character_id))

    @ui_event
    def look(self, run_token: str) -> tuple[Any, ...]:
        """The timer: how far it is; at its end a toast."""
        view = run_view(self._services, run_token)
        if view is not None and view.state.over:
            _tell_ended(view)
        return _watched(view)

    @ui_event
    def open_page(self, request: gr.Request) -> tuple[Any, ...]:
        """The page was opened: go on watching the run in its address. Every style is chosen yet."""
        view = run_view(self._services, request.query_params.get("run", ""))
        return self.estimate(list(style_names())), (view.run_token if view else ""), *_watched(view)

    @ui_event
    def estimate(self, styles: list[str] | None) -> str:
        """Other styles were chosen: what they will cost."""
        return estimate_html(estimate_for_new(self._services.runtime, styles or []))

    @ui_event
    def photo_refused(self, event: gr.EventData) -> None:
        """The upload was refused; the drop zone says why, and so does a toast."""
        warn(said(event, "sentence"))

    def _start(self, form: NewCharacter) -> tuple[Any, ...]:
        came = start_character(self._services, form)
        if isinstance(came, WhichPerson):
            return gr.skip(), which_person_html(came), gr.skip(), gr.skip(), gr.skip()
        return self._asked(came)

    def _asked(self, asked: AskedRun) -> tuple[Any, ...]:
        if asked.problem:
            warn(asked.problem)
        for notice in asked.notices:
            warn(notice)
        return asked.run_token, "", *_watched(run_view(self._services, asked.run_token))


def _filled_in(fields: tuple[Any, ...]) -> NewCharacter:
    """The form; a browser sends null for what was never touched."""
    key, name, gender, styles, consent = fields
    return NewCharacter(key or "", name or "", gender or "", tuple(styles or ()), bool(consent))


def _watched(view: RunView | None) -> tuple[Any, ...]:
    """The run's panel, the timer (ticking while something can still happen), the Generate button."""
    moving = view is not None and view.state in (RunState.QUEUED, RunState.RUNNING)
    return run_html(view), gr.Timer(active=moving), gr.Button(interactive=not moving)


def _tell_ended(view: RunView) -> None:
    if view.state is RunState.READY:
        say(f"{view.name} is ready.")
    else:
        warn(view.reason or "The run ended without every picture.")
