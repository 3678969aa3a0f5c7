"""What everything has cost: today, by day, by style, by character, and call by call."""

from typing import Any

import gradio as gr

from ui.handlers.costs import (
    add_up,
    cost_filter,
    cost_filter_of_address,
    costs_page,
    look_for_evidence,
    settle,
)
from ui.i18n import _
from ui.pages.frame import (
    EVENT,
    begin_page,
    custom_event,
    delegate_events,
    event_field,
    html,
    toast,
    ui_event,
)
from ui.services import StudioServices
from ui.views.costs import calls_html, costs_html
from ui.views.page import Heading, heading_html
from ui.views.templates import render

_ADDRESS = "(state, p) => Storykin.address({state, p: p > 1 ? String(p) : ''})"


def build(demo: gr.Blocks, services: StudioServices) -> None:
    """Lay the page and wire it. The state and the page number are in the address."""
    begin_page("costs")
    html(
        heading_html(Heading(_("Costs"), _("What became of every cent."))),
        elem_id="heading",
        on_load="Storykin.title(element)",
    )
    state, number = gr.Textbox(visible=False), gr.Number(1, visible=False)
    costs = html(elem_id="costs", on_load=delegate_events("look_for_evidence", "settle"))
    listed = html(elem_id="calls", on_load=delegate_events("choose_state", "turn_page", "settle", "add_up"))

    report = render("part.html", address="/fragments/reports", topic="")
    html(report, elem_id="costs-report", scripts=("part.js",))

    events = _Events(services)
    which, parts = [state, number], [state, number, costs, listed]
    once: dict[str, Any] = {"trigger_mode": "once", **EVENT}
    custom_event(costs, "look_for_evidence")(events.look_for_evidence, which, parts, **once)
    custom_event(listed, "add_up")(events.add_up, which, parts, **once)
    for part in (costs, listed):
        custom_event(part, "settle")(events.settle, which, parts, **once)
    for listener in (
        custom_event(listed, "choose_state")(events.choose_state, None, parts, **EVENT),
        custom_event(listed, "turn_page")(events.turn_page, [state], parts, **EVENT),
    ):
        listener.then(None, which, None, js=_ADDRESS, **EVENT)
    demo.load(events.open_page, None, parts, **EVENT)


class _Events:
    """What the page does when something happens: handlers in, components out."""

    def __init__(self, services: StudioServices) -> None:
        self._services = services

    @ui_event
    def open_page(self, request: gr.Request) -> tuple[str, int, str, str]:
        """The page was opened: show what its address asks for."""
        wanted = cost_filter_of_address(dict(request.query_params))
        return self._parts(wanted.state.value if wanted.state else "", wanted.page)

    @ui_event
    def choose_state(self, event: gr.EventData) -> tuple[str, int, str, str]:
        """Show only the calls in one state, or all of them."""
        return self._parts(event_field(event, "state"), 1)

    @ui_event
    def turn_page(self, state: str, event: gr.EventData) -> tuple[str, int, str, str]:
        """Show another page of the same list."""
        return self._parts(state, event_field(event, "to"))

    @ui_event
    def look_for_evidence(self, state: str, number: int) -> tuple[str, int, str, str]:
        """Look for evidence was pressed: settle what can be settled, and say so in a toast."""
        toast(look_for_evidence(self._services))
        return self._parts(state, number)

    @ui_event
    def add_up(self, state: str, number: int) -> tuple[str, int, str, str]:
        """Add up again was pressed: what came of it is said in a toast, and stands on the page."""
        toast(add_up(self._services))
        return self._parts(state, number)

    @ui_event
    def settle(self, state: str, number: int, event: gr.EventData) -> tuple[str, int, str, str]:
        """A person has decided about a call that is possibly paid."""
        toast(settle(self._services, event_field(event, "call"), event_field(event, "decision")))
        return self._parts(state, number)

    def _parts(self, state: str, number: str | int) -> tuple[str, int, str, str]:
        page = costs_page(self._services, cost_filter(state, number))
        chosen = page.filter.state.value if page.filter.state else ""
        return chosen, page.filter.page, costs_html(page), calls_html(page)
