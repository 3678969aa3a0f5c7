"""The review: Gradio's shell around our own component, which talks to `ui/routes/review.py`."""

from ui.pages.frame import begin_page, html
from ui.views.review import review_shell_html

SCRIPTS = ("compare.js", "review.js")


def build() -> None:
    """Lay the page. Nothing of it is Gradio's to update: keys and pictures are too fast for its queue."""
    begin_page("review")
    html(review_shell_html(), elem_id="review", scripts=SCRIPTS)
