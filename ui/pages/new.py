"""New characters: photos in, and their runs. The page's own part talks to `ui/routes/intake.py`."""

import gradio as gr

from tasks.create_character import third_parties_of
from tasks.providers.protocols import can_print
from tasks.styles.packs import style_packs, usual_styles
from ui.handlers.start import faults_when_empty
from ui.i18n import N_, _, current_language
from ui.pages.frame import begin_page, html
from ui.services import StudioServices
from ui.views.intake import intake_html
from ui.views.new import consent_asked
from ui.views.page import Heading, heading_html

_LINE = N_("Drop one photo or sixty. Each is checked at once; you say who it is.")


def build(_demo: gr.Blocks, services: StudioServices) -> None:
    """Lay the page. The run that is looked at is in the address (`?run=`), and the truth in the record."""
    begin_page("new")
    html(
        heading_html(Heading(_("New character"), _(_LINE), back=True)),
        elem_id="heading",
        on_load="Storykin.title(element)",
    )
    usual = usual_styles(services.runtime.image.name)
    form = intake_html(
        list(style_packs().values()),
        usual,
        can_print=can_print(services.runtime.image),
        faults=faults_when_empty(),
        consent=consent_asked(third_parties_of(services.runtime), current_language()),
    )
    html(form, elem_id="intake", on_load="Storykin.intake(element)", scripts=("intake.js",))
