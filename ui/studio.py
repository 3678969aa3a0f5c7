"""The Gradio app: all pages behind one queue."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import gradio as gr
from gradio.queueing import Queue
from gradio.routes import App

from ui.pages import characters, costs, detail, new, overview, privacy, review
from ui.services import StudioServices

# Gradio keeps a copy of every component for each page that was ever opened, ten thousand of them unless
# told otherwise, at over a megabyte each. Nothing of ours is in them: an evicted page gets a new one.
KEPT_SESSIONS = 32
# How often its queue looks for an event while it has none. A person does not notice twenty milliseconds, nor
# a tenth of a second at the first click after a while; Gradio's own thousand looks a second are a twentieth
# of a processor all night, for each language.
QUEUE_LOOK_SECONDS = 0.02
IDLE_LOOK_SECONDS = 0.1
IDLE_AFTER_SECONDS = 60.0
PROGRESS_LOOK_SECONDS = 1.0  # for Gradio's own progress bars: no page of ours has one


def build_studio(services: StudioServices) -> gr.Blocks:
    """All pages, wired to `services`. No gr.State anywhere: one would hold a connection open per tab."""
    with _one_application():
        return _build(services)


@contextmanager
def _one_application() -> Iterator[None]:
    """Keep Gradio from making a whole FastAPI application of a hundred routes at the end of each page.

    The one that is served is made when the finished pages are mounted: the others took four fifths of the
    time in which a studio starts.
    """
    create = App.create_app

    def once(blocks: gr.Blocks, *given: Any, **named: Any) -> App:
        made: App | None = getattr(blocks, "app", None)
        return made or create(blocks, *given, **named)

    App.create_app = staticmethod(once)  # type: ignore[method-assign]
    try:
        yield
    finally:
        App.create_app = staticmethod(create)  # type: ignore[method-assign]


def _look_seldom_while_idle(queue: Queue) -> None:
    """Have the queue look often only for a while after its start and after each event."""
    start: Callable[[], None] = queue.start
    push = queue.push
    slower: asyncio.TimerHandle | None = None

    def look_often() -> None:
        nonlocal slower
        queue.sleep_when_free = QUEUE_LOOK_SECONDS
        if slower is not None:
            slower.cancel()
        slower = asyncio.get_running_loop().call_later(IDLE_AFTER_SECONDS, look_seldom)

    def look_seldom() -> None:
        queue.sleep_when_free = IDLE_LOOK_SECONDS

    def start_and_look_often() -> None:
        look_often()
        start()

    async def push_and_look_often(*given: Any, **named: Any) -> Any:
        look_often()
        return await push(*given, **named)

    queue.progress_update_sleep_when_free = PROGRESS_LOOK_SECONDS
    queue.start = start_and_look_often  # type: ignore[method-assign]
    queue.push = push_and_look_often  # type: ignore[method-assign]


def _build(services: StudioServices) -> gr.Blocks:
    with gr.Blocks(
        title="Storykin", analytics_enabled=False, fill_width=True, delete_cache=(60, 600)
    ) as demo:
        characters.build(demo, services)
    with demo.route("Today", "/today"):
        overview.build_today()
    with demo.route("Review", "/review"):
        review.build()
    with demo.route("New character", "/new"):
        new.build(demo, services)
    with demo.route("Character", "/character"):
        detail.build(demo, services)
    with demo.route("Costs", "/costs"):
        costs.build(demo, services)
    with demo.route("Batches", "/batches"):
        overview.build_batches()
    with demo.route("Health", "/health"):
        overview.build_health()
    with demo.route("Privacy", "/privacy"):
        privacy.build()
    with demo.route("Help", "/help"):
        overview.build_help()
    demo.queue(default_concurrency_limit=None, max_size=500, api_open=False)
    _look_seldom_while_idle(demo._queue)
    demo.state_session_capacity = KEPT_SESSIONS
    return cast(gr.Blocks, demo)
