"""Soon."""

import gradio as gr

from ui.pages.frame import hide_navbar
from ui.services import Services
from ui.views.page import topbar_html


def build(demo: gr.Blocks, _services: Services) -> None:
    """Lay the page."""
    hide_navbar()
    gr.HTML(topbar_html("characters"))
