"""The Gradio app: all pages behind one queue."""

from typing import cast

import gradio as gr

from ui.pages import characters, costs, detail, new, overview, review
from ui.services import StudioServices

# Gradio keeps a copy of every component for each page that was ever opened, ten thousand of them unless
# told otherwise, at over a megabyte each. Nothing of ours is in them: an evicted page gets a new one.
KEPT_SESSIONS = 32


def build_studio(services: StudioServices) -> gr.Blocks:
    """All pages, wired to `services`. No gr.State anywhere: one would hold a connection open per tab."""
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
    with demo.route("Help", "/help"):
        overview.build_help()
    demo.queue(default_concurrency_limit=None, max_size=500, api_open=False)
    demo.state_session_capacity = KEPT_SESSIONS
    return cast(gr.Blocks, demo)
