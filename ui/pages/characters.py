"""The page with the list of characters: search, status filter, pager."""

from typing import Any

import gradio as gr

from db.models import CharacterStatus
from ui.handlers.characters import filter_of, filter_of_address, list_characters
from ui.pages.frame import EVENT, begin_page, custom_event, delegate_events, event_field, html, ui_event
from ui.services import StudioServices
from ui.views.characters import listing_html
from ui.views.page import Heading, heading_html
from ui.views.words import STATUS_WORDS

SHOWN = (
    CharacterStatus.READY,
    CharacterStatus.ILLUSTRATING,
    CharacterStatus.QUEUED,
    CharacterStatus.NEEDS_ATTENTION,
    CharacterStatus.FAILED,
)
CHOICES = [("All", "all"), *((STATUS_WORDS[status], status.value) for status in SHOWN)]
_ADDRESS = "(q, s, p) => Storykin.address({q, status: s === 'all' ? '' : s, p: p > 1 ? String(p) : ''})"


def build(demo: gr.Blocks, services: StudioServices) -> None:
    """Lay the page and wire it. What is searched for, the status and the page number are in the address."""
    begin_page("characters")
    html(
        heading_html(Heading("Characters", "Everyone you have drawn, newest first.", new=True)),
        elem_id="heading",
        on_load="Storykin.title(element)",
    )
    with gr.Row(elem_id="toolbar"):
        query, status = _toolbar()
    number = gr.Number(1, visible=False)
    listing = html(elem_id="listing", on_load=delegate_events("turn_page"))

    events = _Events(services)
    chosen, found = [query, status], [number, listing]
    typed = [query.input, query.submit, status.input]
    for listener in (
        gr.on(typed, events.search, chosen, found, trigger_mode="always_last", **EVENT),
        custom_event(listing, "turn_page")(events.turn_page, chosen, found, **EVENT),
    ):
        listener.then(None, [query, status, number], None, js=_ADDRESS, **EVENT)
    demo.load(events.open_page, None, [*chosen, *found], **EVENT)


def _toolbar() -> tuple[gr.Textbox, gr.Radio]:
    bare: dict[str, Any] = {"show_label": False, "container": False}
    query = gr.Textbox(
        label="Search by name",
        placeholder="Search by name",
        elem_id="search",
        scale=2,
        max_lines=1,
        **bare,
    )
    return query, gr.Radio(CHOICES, value="all", label="Status", elem_id="status", scale=3, **bare)


class _Events:
    """What the page does when something happens: handlers in, components out."""

    def __init__(self, services: StudioServices) -> None:
        self._services = services

    @ui_event
    def open_page(self, request: gr.Request) -> tuple[str, str, int, str]:
        """The page was opened: show what its address asks for."""
        wanted = filter_of_address(dict(request.query_params))
        status = wanted.status.value if wanted.status else "all"
        return wanted.query, status, *self._listed(wanted.query, status, wanted.page)

    @ui_event
    def search(self, query: str, status: str) -> tuple[int, str]:
        """The search or the status changed: show the first page."""
        return self._listed(query, status, 1)

    @ui_event
    def turn_page(self, query: str, status: str, event: gr.EventData) -> tuple[int, str]:
        """Show another page of the same list."""
        return self._listed(query, status, event_field(event, "to"))

    def _listed(self, query: str, status: str, page: str | int) -> tuple[int, str]:
        listing = list_characters(self._services, filter_of(query, status, page))
        return listing.filter.page, listing_html(listing)
