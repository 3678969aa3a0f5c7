"""The page with the list of characters. Gradio is its frame; the list itself is `ui/static/list.js`, which
asks `ui/routes/characters.py` for what the address says.
"""

import gradio as gr

from tasks.styles.packs import style_packs
from ui.i18n import _
from ui.pages.frame import begin_page, html
from ui.services import StudioServices
from ui.views.characters import list_shell_html
from ui.views.page import Heading, heading_html


def build(_demo: gr.Blocks, _services: StudioServices) -> None:
    """Lay the page. What is searched for, every filter, the order and the page number are in the address."""
    begin_page("characters")
    html(
        heading_html(Heading(_("Characters"), _("Everyone you have drawn."), new=True)),
        elem_id="heading",
        on_load="Storykin.title(element)",
    )
    html(
        list_shell_html([(each.name, _(each.label)) for each in style_packs().values()]),
        elem_id="list",
        on_load="Storykin.list(element)",
        scripts=("fragment.js", "bulk.js", "list.js"),
    )
