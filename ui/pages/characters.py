"""The list of characters."""

import gradio as gr

from db.models import CharacterStatus
from ui.handlers.characters import filter_of, filter_of_address, list_characters
from ui.pages.frame import EVENT, begin_page, delegating, event_of, html, said, ui_event
from ui.services import Services
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


def build(demo: gr.Blocks, services: Services) -> None:
    """Lay the page and wire it. What is searched for, the status and the page number are in the address."""
    begin_page("characters")
    html(
        heading_html(Heading("Characters", "Everyone you have drawn, newest first.", new=True)),
        elem_id="heading",
        on_load="Storykin.title(element)",
    )
    with gr.Row(elem_id="toolbar"):
        query = gr.Textbox(
            label="Search by name",
            show_label=False,
            container=False,
            placeholder="Search by name",
            elem_id="search",
            scale=2,
            max_lines=1,
        )
        status = gr.Radio(
            CHOICES,
            value="all",
            label="Status",
            show_label=False,
            container=False,
            elem_id="status",
            scale=3,
        )
    number = gr.Number(1, visible=False)
    listing = html(elem_id="listing", on_load=delegating("turn_page"))

    def show(query: str, status: str, number: str | int) -> tuple[int, str]:
        found = list_characters(services, filter_of(query, status, number))
        return found.filter.page, listing_html(found)

    @ui_event
    def open_page(request: gr.Request) -> tuple[str, str, int, str]:
        wanted = filter_of_address(dict(request.query_params))
        chosen = wanted.status.value if wanted.status else "all"
        return wanted.query, chosen, *show(wanted.query, chosen, wanted.page)

    @ui_event
    def search(query: str, status: str) -> tuple[int, str]:
        return show(query, status, 1)

    @ui_event
    def turn(query: str, status: str, event: gr.EventData) -> tuple[int, str]:
        return show(query, status, said(event, "to"))

    chosen, found = [query, status], [number, listing]
    typed = [query.input, query.submit, status.input]
    for happening in (
        gr.on(typed, search, chosen, found, trigger_mode="always_last", **EVENT),
        event_of(listing, "turn_page")(turn, chosen, found, **EVENT),
    ):
        happening.then(None, [query, status, number], None, js=_ADDRESS, **EVENT)
    demo.load(open_page, None, [query, status, number, listing], **EVENT)
