"""A new character: the form on the left, the run on the right."""

from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from db.names import LONGEST_CODE_POINTS
from flows.request_run import AskedRun
from tasks.create_character import third_parties_of
from tasks.picture_options import AS_USUAL, FRAMING_LABELS, RESOLUTION_LABELS, picture_options
from tasks.providers.protocols import can_print
from tasks.styles.packs import style_packs, usual_styles
from ui.handlers.detail import try_again
from ui.handlers.estimate import estimate_for_new
from ui.handlers.runs import run_view
from ui.handlers.start import NewCharacter, start_character
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
from ui.views.estimate import estimate_html
from ui.views.new import WhichPerson, consent_words, photo_zone_html, which_person_html
from ui.views.page import Heading, heading_html
from ui.views.runs import RunState, RunView, before_run_html, run_html

GENDERS = [("Girl", "girl"), ("Boy", "boy"), ("Woman", "woman"), ("Man", "man"), ("Not said", "unspecified")]
TICK_SECONDS = 1.0

_ZONE = "Storykin.photoZone(element, trigger, {changed: 'photo_changed', refused: 'photo_refused'})"
# The browser knows the key of the uploaded photo, and waits for an upload that is still on its way.
_WITH_PHOTO = "async (key, ...fields) => [await Storykin.photoKey(), ...fields]"
_STARTED = "(run, question) => { if (run && !question) Storykin.started(run); }"


@dataclass(frozen=True)
class _Form:
    """The widgets of the form."""

    zone: gr.HTML
    photo_key: gr.Textbox
    name: gr.Textbox
    gender: gr.Radio
    people: gr.HTML
    styles: gr.CheckboxGroup
    framing: gr.Radio
    resolution: gr.Radio
    estimate: gr.HTML
    consent: gr.Checkbox
    generate: gr.Button

    @property
    def fields(self) -> list[Any]:
        """What is sent, in the order in which `_Events` takes it."""
        return [
            self.photo_key,
            self.name,
            self.gender,
            self.styles,
            self.framing,
            self.resolution,
            self.consent,
        ]


def build(demo: gr.Blocks, services: StudioServices) -> None:
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
            form = _form(services)
        with gr.Column(scale=4, elem_classes="sk-panel", min_width=320):
            run = html(before_run_html(), elem_id="run", on_load=delegate_events("try_again"))

    events = _Events(services)
    run_parts = [run, timer, form.generate]
    started = [run_token, form.people, *run_parts]
    once: dict[str, Any] = {"trigger_mode": "once", **EVENT}
    pick = custom_event(form.people, "pick_person")
    for listener in (
        form.generate.click(events.generate, form.fields, started, js=_WITH_PHOTO, **once),
        pick(events.pick_person, form.fields, started, js=_WITH_PHOTO, **once),
        custom_event(run, "try_again")(events.try_again, [run_token], started, **once),
    ):
        listener.success(None, [run_token, form.people], None, js=_STARTED, **EVENT)
    # In the browser alone: an answer from the server could come after the next question, and wipe it out.
    custom_event(form.zone, "photo_changed")(None, None, [form.people], js="() => ''", **EVENT)
    custom_event(form.zone, "photo_refused")(events.photo_refused, None, None, **EVENT)
    timer.tick(events.tick, [run_token], run_parts, **EVENT)
    priced = [form.styles, form.resolution]
    for field in (form.styles, form.resolution):
        field.change(events.estimate, priced, [form.estimate], trigger_mode="always_last", **EVENT)
    demo.load(events.open_page, None, [form.estimate, run_token, *run_parts], **EVENT)


def _form(services: StudioServices) -> _Form:
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
    people = html(elem_id="people", on_load=delegate_events("pick_person"))
    styles = gr.CheckboxGroup(
        [(pack.label, pack.name) for pack in style_packs().values()],
        value=list(usual_styles(services.runtime.image.name)),
        label="Styles",
        info="One picture is drawn in each.",
        elem_id="styles",
    )
    framing = gr.Radio(
        [(label, each.value) for each, label in FRAMING_LABELS.items()],
        value=AS_USUAL.framing.value,
        label="Framing",
        info="Head and shoulders, or the whole figure down to the shoes.",
        elem_id="framing",
    )
    resolution = gr.Radio(
        [(label, each.value) for each, label in RESOLUTION_LABELS.items()],
        value=AS_USUAL.resolution.value,
        label="Size",
        info="A draft is for the screen; a page of a book needs twice as many pixels.",
        elem_id="resolution",
        visible=can_print(services.runtime.image),
    )
    estimate = html(elem_id="estimate")
    consent = gr.Checkbox(label=consent_words(third_parties_of(services.runtime)), elem_id="consent")
    generate = gr.Button("Generate character", variant="primary", elem_id="generate")
    return _Form(
        zone, photo_key, name, gender, people, styles, framing, resolution, estimate, consent, generate
    )


class _Events:
    """What the page does when something happens: handlers in, components out."""

    def __init__(self, services: StudioServices) -> None:
        self._services = services

    @ui_event
    def generate(self, *fields: Any) -> tuple[Any, ...]:
        """Generate was pressed: start a run, or ask which person is meant."""
        return self._start(_parse_form(fields))

    @ui_event
    def pick_person(
        self,
        key: str,
        name: str,
        gender: str,
        styles: list[str],
        framing: str,
        resolution: str,
        consent: bool,
        event: gr.EventData,
    ) -> tuple[Any, ...]:
        """A person of the photo was picked: start the run with that face."""
        face = event_field(event, "face") or None
        fields = (key, name, gender, styles, framing, resolution, consent)
        return self._start(replace(_parse_form(fields), face=face))

    @ui_event
    def try_again(self, run_token: str) -> tuple[Any, ...]:
        """Try again was pressed in the run's panel."""
        view = run_view(self._services, run_token)
        if view is None:
            return run_token, "", *_run_outputs(None)
        return self._show_requested(try_again(self._services, view.character_id))

    @ui_event
    def tick(self, run_token: str) -> tuple[Any, ...]:
        """The timer ticked: show the progress, and a toast at the end of the run."""
        view = run_view(self._services, run_token)
        if view is not None and view.state.over:
            _toast_outcome(view)
        return _run_outputs(view)

    @ui_event
    def open_page(self, request: gr.Request) -> tuple[Any, ...]:
        """The page was opened: go on watching the run in its address. The usual styles are chosen yet."""
        view = run_view(self._services, request.query_params.get("run", ""))
        usual = list(usual_styles(self._services.runtime.image.name))
        return self.estimate(usual), (view.run_token if view else ""), *_run_outputs(view)

    @ui_event
    def estimate(self, styles: list[str] | None, resolution: str | None = None) -> str:
        """The styles or their size changed: the estimate of what they will cost, as HTML."""
        options = picture_options(resolution=resolution)
        return estimate_html(estimate_for_new(self._services.runtime, styles or [], options))

    @ui_event
    def photo_refused(self, event: gr.EventData) -> None:
        """The upload was refused; the drop zone says why, and so does a toast."""
        warn(event_field(event, "sentence"))

    def _start(self, form: NewCharacter) -> tuple[Any, ...]:
        result = start_character(self._services, form)
        if isinstance(result, WhichPerson):
            return gr.skip(), which_person_html(result), gr.skip(), gr.skip(), gr.skip()
        return self._show_requested(result)

    def _show_requested(self, asked: AskedRun) -> tuple[Any, ...]:
        if asked.problem:
            warn(asked.problem)
        for notice in asked.notices:
            warn(notice)
        return asked.run_token, "", *_run_outputs(run_view(self._services, asked.run_token))


def _parse_form(fields: tuple[Any, ...]) -> NewCharacter:
    """The form; a browser sends null for what was never touched."""
    key, name, gender, styles, framing, resolution, consent = fields
    return NewCharacter(
        key or "",
        name or "",
        gender or "",
        tuple(styles or ()),
        bool(consent),
        framing=framing or "",
        resolution=resolution or "",
    )


def _run_outputs(view: RunView | None) -> tuple[Any, ...]:
    """The run's panel, the timer (ticking while something can still happen), the Generate button."""
    moving = view is not None and view.state in (RunState.QUEUED, RunState.RUNNING)
    return run_html(view), gr.Timer(active=moving), gr.Button(interactive=not moving)


def _toast_outcome(view: RunView) -> None:
    if view.state is RunState.READY:
        toast(f"{view.name} is ready.")
    else:
        warn(view.reason or "The run ended without every picture.")
