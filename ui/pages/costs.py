"""What everything has cost: today, by day, by style, by character, and call by call."""

from typing import Any

import gradio as gr

from ui.handlers.costs import (
    cost_filter,
    cost_filter_of_address,
    costs_page,
    look_for_evidence,
    settle,
)
from ui.pages.frame import EVENT, begin_page, delegating, event_of, html, said, say, ui_event
from ui.services import Services
from ui.views.costs import calls_html, costs_html
from ui.views.page import Heading, heading_html

_ADDRESS = "(state, p) => Storykin.address({state, p: p > 1 ? String(p) : ''})"


def build(demo: gr.Blocks, services: Services) -> None:
    """Lay the page and wire it. The state and the page number are in the address."""
    begin_page("costs")
    html(
        heading_html(Heading("Costs", "What became of every cent.")),
        elem_id="heading",
        on_load="Storykin.title(element)",
    )
    state, number = gr.Textbox(visible=False), gr.Number(1, visible=False)
    costs = html(elem_id="costs", on_load=delegating("look_for_evidence", "settle"))
    listed = html(elem_id="calls", on_load=delegating("choose_state", "turn_page", "settle"))

    events = _Events(services)
    which, parts = [state, number], [state, number, costs, listed]
    once: dict[str, Any] = {"trigger_mode": "once", **EVENT}
    event_of(costs, "look_for_evidence")(events.look_for_evidence, which, parts, **once)
    for part in (costs, listed):
        event_of(part, "settle")(events.settle, which, parts, **once)
    for happening in (
        event_of(listed, "choose_state")(events.choose_state, None, parts, **EVENT),
        event_of(listed, "turn_page")(events.turn_page, [state], parts, **EVENT),
    ):
        happening.then(None, which, None, js=_ADDRESS, **EVENT)
    demo.load(events.open_page, None, parts, **EVENT)


class _Events:
    """What the page does when something happens: handlers in, components out."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @ui_event
    def open_page(self, request: gr.Request) -> tuple[str, int, str, str]:
        """The page was opened: show what its address asks for."""
        wanted = cost_filter_of_address(dict(request.query_params))
        return self._parts(wanted.state.value if wanted.state else "", wanted.page)

    @ui_event
    def choose_state(self, event: gr.EventData) -> tuple[str, int, str, str]:
        """Only the calls in one state, or all of them."""
        return self._parts(said(event, "state"), 1)

    @ui_event
    def turn_page(self, state: str, event: gr.EventData) -> tuple[str, int, str, str]:
        """Another page of the same."""
        return self._parts(state, said(event, "to"))

    @ui_event
    def look_for_evidence(self, state: str, number: int) -> tuple[str, int, str, str]:
        """The button above the calls that are possibly paid."""
        say(look_for_evidence(self._services))
        return self._parts(state, number)

    @ui_event
    def settle(self, state: str, number: int, event: gr.EventData) -> tuple[str, int, str, str]:
        """A person has decided about a call."""
        say(settle(self._services, said(event, "call"), said(event, "decision")))
        return self._parts(state, number)

    def _parts(self, state: str, number: str | int) -> tuple[str, int, str, str]:
        page = costs_page(self._services, cost_filter(state, number))
        chosen = page.filter.state.value if page.filter.state else ""
        return chosen, page.filter.page, costs_html(page), calls_html(page)
