"""A new character: the form on the left, the run on the right."""

from typing import Any

import gradio as gr

from tasks.style_packs import ORDER, style_packs
from ui.handlers.detail import try_again
from ui.handlers.run_story import RunState
from ui.handlers.runs import AskedRun, RunView, run_view
from ui.handlers.start import NewCharacter, WhichPerson, start_character
from ui.pages.frame import EVENT, begin_page, delegating, event_of, html, said, say, ui_event, warn
from ui.services import Services
from ui.views.new import consent_words, photo_zone_html, which_person_html
from ui.views.page import Heading, heading_html
from ui.views.runs import before_run_html, run_html

GENDERS = [("Girl", "girl"), ("Boy", "boy"), ("Woman", "woman"), ("Man", "man"), ("Not said", "unspecified")]
TICK_SECONDS = 1.0
_ZONE = "Storykin.photoZone(element, trigger)  // 'photo_changed' 'photo_refused'"
_STARTED = "(run) => { if (run) { Storykin.address({run}); Storykin.photoUsed(); Storykin.reveal('#run'); } }"


def build(demo: gr.Blocks, services: Services) -> None:
    """Lay the page and wire it. The run is in the address (`?run=`) and the truth in the record."""
    begin_page("new")
    html(
        heading_html(Heading("New character", "One clear photo of one person is enough.", back=True)),
        elem_id="heading",
        on_load="Storykin.title(element)",
    )
    photo_key = gr.Textbox(visible=False)
    run_token = gr.Textbox(visible=False)
    timer = gr.Timer(TICK_SECONDS, active=False)
    with gr.Row(equal_height=False):
        with gr.Column(scale=6, elem_classes="sk-panel", min_width=320):
            with gr.Row(equal_height=False):
                with gr.Column(min_width=260):
                    zone = html(photo_zone_html(), elem_id="photo", on_load=_ZONE)
                with gr.Column(min_width=260):
                    name = gr.Textbox(
                        label="Name",
                        placeholder="For example Maya",
                        elem_id="name",
                        max_length=120,
                        max_lines=1,
                    )
                    gender = gr.Radio(GENDERS, value="unspecified", label="Gender", elem_id="gender")
            people = html(elem_id="people", on_load=delegating("pick_person"))
            styles = gr.CheckboxGroup(
                [(pack.label, pack.name) for pack in style_packs().values()],
                value=list(ORDER),
                label="Styles",
                info="One picture is drawn in each.",
                elem_id="styles",
            )
            consent = gr.Checkbox(label=consent_words(), elem_id="consent")
            generate = gr.Button("Generate character", variant="primary", elem_id="generate")
        with gr.Column(scale=4, elem_classes="sk-panel", min_width=320):
            run = html(before_run_html(), elem_id="run", on_load=delegating("try_again"))

    fields: set[Any] = {photo_key, name, gender, styles, consent}
    watched = [run, timer, generate]
    started = [run_token, photo_key, people, *watched]

    def start(values: dict[Any, Any], face: int | None) -> tuple[Any, ...]:
        form = NewCharacter(
            photo_key=values[photo_key] or "",
            name=values[name] or "",
            gender=values[gender] or "",
            styles=tuple(values[styles] or ()),
            consent=bool(values[consent]),
            face=face,
        )
        came = start_character(services, form)
        if isinstance(came, WhichPerson):
            return gr.skip(), gr.skip(), which_person_html(came), gr.skip(), gr.skip(), gr.skip()
        _tell_handed_over(came)
        return came.run_token, "", "", *_watched(run_view(services, came.run_token))

    @ui_event
    def press_generate(values: dict[Any, Any]) -> tuple[Any, ...]:
        return start(values, None)

    @ui_event
    def pick_person(values: dict[Any, Any], event: gr.EventData) -> tuple[Any, ...]:
        number = said(event, "face")
        return start(values, int(number) if number.isdecimal() else None)

    @ui_event
    def look(token: str) -> tuple[Any, ...]:
        view = run_view(services, token)
        if view is not None and view.state.over:
            _tell_ended(view)
        return _watched(view)

    @ui_event
    def again(token: str) -> tuple[Any, ...]:
        view = run_view(services, token)
        if view is None:
            return token, *_watched(view)
        asked = try_again(services, view.character_id)
        _tell_handed_over(asked)
        return asked.run_token, *_watched(run_view(services, asked.run_token))

    @ui_event
    def open_page(request: gr.Request) -> tuple[Any, ...]:
        view = run_view(services, request.query_params.get("run", ""))
        return (view.run_token if view else ""), *_watched(view)

    @ui_event
    def keep_key(event: gr.EventData) -> tuple[str, str]:
        return said(event, "key"), ""

    @ui_event
    def refused(event: gr.EventData) -> None:
        warn(said(event, "sentence"))

    event_of(zone, "photo_changed")(keep_key, None, [photo_key, people], **EVENT)
    event_of(zone, "photo_refused")(refused, None, None, **EVENT)
    for happening in (
        generate.click(press_generate, fields, started, trigger_mode="once", **EVENT),
        event_of(people, "pick_person")(pick_person, fields, started, trigger_mode="once", **EVENT),
        event_of(run, "try_again")(again, [run_token], [run_token, *watched], trigger_mode="once", **EVENT),
    ):
        happening.success(None, [run_token], None, js=_STARTED, **EVENT)
    timer.tick(look, [run_token], watched, **EVENT)
    demo.load(open_page, None, [run_token, *watched], **EVENT)


def _watched(view: RunView | None) -> tuple[Any, ...]:
    """The run's panel, the timer (ticking while something can still happen), the Generate button."""
    moving = view is not None and view.state in (RunState.QUEUED, RunState.RUNNING)
    return run_html(view), gr.Timer(active=moving), gr.Button(interactive=not moving)


def _tell_handed_over(asked: AskedRun) -> None:
    if asked.problem:
        warn(asked.problem)


def _tell_ended(view: RunView) -> None:
    if view.state is RunState.READY:
        say(f"{view.name} is ready.")
    else:
        warn(view.reason or "The run ended without every picture.")
