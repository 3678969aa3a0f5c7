"""One character: the large picture and its variants on the left, what is known on the right."""

from typing import Any

import gradio as gr

from db.errors import NotFound
from ui.handlers.detail import (
    CharacterPage,
    character_page,
    draw_again,
    draw_missing,
    pick_favourite,
    try_again,
)
from ui.handlers.run_story import RunState
from ui.handlers.runs import AskedRun
from ui.pages.frame import EVENT, begin_page, delegating, event_of, html, said, say, ui_event, warn
from ui.services import Services
from ui.views import detail as view
from ui.views.page import Heading, heading_html

TICK_SECONDS = 1.0
_STAGE_EVENTS = ("show_picture", "make_favourite", "draw_style")


def build(demo: gr.Blocks, services: Services) -> None:
    """Lay the page and wire it. The character is in the address (`?id=`)."""
    begin_page("")
    heading = html(
        heading_html(Heading("…", back=True)),
        elem_id="heading",
        on_load="Storykin.title(element); watch('value', () => Storykin.title(element))",
    )
    character_id, shown = gr.Textbox(visible=False), gr.Textbox(visible=False)
    timer = gr.Timer(TICK_SECONDS, active=False)
    banner = html(elem_id="banner", on_load=delegating("try_again"))
    # Hidden until there is something to show: an unknown address shows a sentence instead of empty frames.
    with gr.Row(equal_height=False, visible=False) as body:
        with gr.Column(scale=6, elem_classes="sk-panel", min_width=320):
            stage = html(elem_id="stage", on_load=delegating(*_STAGE_EVENTS))
        with gr.Column(scale=5, elem_classes="sk-panel", min_width=320), gr.Tabs():
            with gr.Tab("Profile"):
                profile = html(elem_id="profile")
            with gr.Tab("Compare"):
                compare = html(elem_id="compare")
            with gr.Tab("Lineage"):
                lineage = html(elem_id="lineage")
            with gr.Tab("Timeline"):
                timeline = html(elem_id="timeline")

    parts = [heading, body, banner, stage, profile, compare, lineage, timeline, timer]
    which = [character_id, shown]

    def page_of(character: str, picture: str) -> tuple[Any, ...]:
        return _parts(character_page(services, character, picture))

    @ui_event
    def open_page(request: gr.Request) -> tuple[Any, ...]:
        character = request.query_params.get("id", "")
        try:
            return character, "", *page_of(character, "")
        except NotFound:
            return "", "", *_nobody()

    @ui_event
    def show_picture(character: str, event: gr.EventData) -> tuple[Any, ...]:
        picture = said(event, "image")
        return picture, *page_of(character, picture)

    @ui_event
    def make_favourite(character: str, event: gr.EventData) -> tuple[Any, ...]:
        picture = said(event, "image")
        say(f"“{pick_favourite(services, character, picture)}” is the favourite now.")
        return picture, *page_of(character, picture)

    @ui_event
    def draw_style(character: str, picture: str, event: gr.EventData) -> tuple[Any, ...]:
        style = said(event, "style")
        draw = draw_again if said(event, "another") else _draw_one
        _tell(draw(services, character, style))
        return page_of(character, picture)

    @ui_event
    def once_more(character: str, picture: str) -> tuple[Any, ...]:
        _tell(try_again(services, character))
        return page_of(character, picture)

    @ui_event
    def look(character: str, picture: str) -> tuple[Any, ...]:
        page = character_page(services, character, picture)
        if not page.under_way:
            _tell_ended(page)
        return _parts(page)

    demo.load(open_page, None, [*which, *parts], **EVENT)
    timer.tick(look, which, parts, **EVENT)
    event_of(stage, "show_picture")(show_picture, [character_id], [shown, *parts], **EVENT)
    event_of(stage, "make_favourite")(make_favourite, [character_id], [shown, *parts], **EVENT)
    event_of(stage, "draw_style")(draw_style, which, parts, trigger_mode="once", **EVENT)
    event_of(banner, "try_again")(once_more, which, parts, trigger_mode="once", **EVENT)


def _parts(page: CharacterPage) -> tuple[Any, ...]:
    waiting = page.run is not None and page.run.state is RunState.NOT_SENT
    return (
        view.detail_heading_html(page),
        gr.Row(visible=True),
        view.banner_html(page),
        view.stage_html(page),
        view.profile_html(page),
        view.compare_html(page),
        view.lineage_html(page),
        view.timeline_html(page),
        gr.Timer(active=page.under_way and not waiting),
    )


def _nobody() -> tuple[Any, ...]:
    heading = heading_html(Heading("Nobody here", back=True))
    return heading, gr.Row(visible=False), view.nobody_html(), "", "", "", "", "", gr.Timer(active=False)


def _draw_one(services: Services, character_id: str, style: str) -> AskedRun:
    return draw_missing(services, character_id, [style])


def _tell(asked: AskedRun) -> None:
    if asked.problem:
        warn(asked.problem)


def _tell_ended(page: CharacterPage) -> None:
    if page.sentence:
        warn(page.sentence)
    else:
        say(f"{page.name} is ready.")
