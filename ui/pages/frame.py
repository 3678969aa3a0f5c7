"""What every page begins with."""

from typing import Any, cast

from gradio.components.navbar import Navbar


def hide_navbar() -> None:
    """Hide Gradio's own bar. In 6.31 `visible=False` leaves it standing; "hidden" does not."""
    Navbar(visible=cast(Any, "hidden"))
