"""How the pages are wired: nothing public, nothing one at a time, nothing kept per tab."""

from collections.abc import Iterator
from typing import Any

import gradio as gr
import pytest
from gradio.utils import connect_heartbeat

from db.errors import NotFound
from tasks.errors import UsageError
from tests.support.studio import StandInStudio
from ui.pages.frame import event_field, ui_event
from ui.routes.problem import UNEXPECTED
from ui.studio import build_studio


@pytest.fixture
async def demo(studio: StandInStudio) -> gr.Blocks:
    return build_studio(studio.services)


def wired(demo: gr.Blocks) -> Iterator[Any]:
    return iter(demo.fns.values())


def test_every_event_is_private(demo: gr.Blocks) -> None:
    assert {each.api_visibility for each in wired(demo)} == {"private"}


def test_no_event_waits_for_another_person_s(demo: gr.Blocks) -> None:
    assert {each.concurrency_limit for each in wired(demo)} == {None}


def test_nothing_is_kept_per_tab_so_no_tab_holds_a_connection(demo: gr.Blocks) -> None:
    assert not any(isinstance(block, gr.State) for block in demo.blocks.values())
    assert not connect_heartbeat(demo.get_config_file(), demo.blocks.values(), demo.fns.values())


def test_no_page_takes_files_through_gradio(demo: gr.Blocks) -> None:
    takers = gr.File | gr.Image | gr.UploadButton | gr.Gallery | gr.FileExplorer
    assert not any(isinstance(block, takers) for block in demo.blocks.values())


def test_no_html_part_is_a_template_that_user_text_could_be_code_in(demo: gr.Blocks) -> None:
    parts = [block for block in demo.blocks.values() if isinstance(block, gr.HTML)]
    assert len(parts) > 10
    assert {part.html_template for part in parts} == {"${value}"}
    assert not any(part.props or part.server_fns for part in parts)


def test_there_are_the_pages(demo: gr.Blocks) -> None:
    assert [path for path, _, _ in demo.pages] == [
        "",
        "today",
        "review",
        "new",
        "character",
        "costs",
        "batches",
        "health",
        "privacy",
        "help",
    ]


@pytest.mark.parametrize("error", [UsageError("Say who."), NotFound("Say who.")])
def test_an_error_with_a_sentence_becomes_a_toast_of_that_sentence(error: Exception) -> None:
    @ui_event
    def event() -> None:
        raise error

    with pytest.raises(gr.Error) as toast:
        event()
    assert toast.value.message == "Say who."
    assert toast.value.print_exception is False


def test_an_unforeseen_error_shows_nothing_of_itself() -> None:
    @ui_event
    def event() -> None:
        raise KeyError("/srv/photos/secret.jpg")

    with pytest.raises(gr.Error) as toast:
        event()
    assert toast.value.message == UNEXPECTED


def test_a_toast_escapes_what_people_wrote() -> None:
    @ui_event
    def event() -> None:
        raise UsageError("<img src=x onerror=alert(1)>")

    with pytest.raises(gr.Error) as toast:
        event()
    assert "<" not in toast.value.message


@pytest.mark.parametrize("data", [None, "text", {"image": 3}, {"image": ["x"]}, {}])
def test_event_data_that_is_not_a_string_counts_as_not_sent(data: object) -> None:
    assert event_field(gr.EventData(None, data), "image") == ""
