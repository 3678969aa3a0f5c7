"""What the pages share: their frame, how an event is wired, and how an error becomes a toast."""

import functools
import json
from collections.abc import Callable, Sequence
from typing import Any, Final, ParamSpec, TypeVar, cast

import gradio as gr
from gradio.components.navbar import Navbar
from gradio.context import LocalContext
from starlette.datastructures import Headers

from db.errors import UserFacingError
from db.log import Log
from tasks.accounts.person import Person
from ui.access import ACCESS, SignedOut
from ui.acting import acting, acting_person
from ui.i18n import _, chosen_language, current_language, speaking
from ui.permissions import Permission, of_event
from ui.routes.problem import UNEXPECTED
from ui.views.page import script_html, toast_html, topbar_html

P = ParamSpec("P")
R = TypeVar("R")

log = Log("studio")

TOAST_SECONDS = 8

# Every event: no entry in Gradio's public API, no limit of one at a time, no grey veil while it runs.
EVENT: Final[dict[str, Any]] = {
    "api_visibility": "private",
    "concurrency_limit": None,
    "show_progress": "hidden",
}

# What an open page asks by itself: that keeps nobody signed in.
OF_THEMSELVES: Final = frozenset({"detail.tick", "detail.look_again"})


def ui_event(handler: Callable[P, R]) -> Callable[P, R]:
    """Around what Gradio calls: only who may; an error becomes a toast; an unforeseen one is logged too."""
    needed, by_hand = of_event(event_key(handler)), event_key(handler) not in OF_THEMSELVES

    @functools.wraps(handler)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        with speaking(_language_of_event()):
            try:
                with acting(_person_of_event(needed, by_hand)):
                    return handler(*args, **kwargs)
            except UserFacingError as error:
                raise _error_toast(_(error.sentence)) from None
            except gr.Error:
                raise
            except Exception as error:
                log.error("studio event failed", error=error)
                raise _error_toast(_(UNEXPECTED)) from None

    return guarded


def event_key(handler: Callable[..., Any]) -> str:
    """The name that an event is declared by in `ui.permissions`: module and function."""
    return f"{handler.__module__.rpartition('.')[2]}.{handler.__name__}"


def _person_of_event(needed: Permission, by_hand: bool) -> Person:
    """Who has sent the event, asked now: it may have waited in the queue while they were signed out."""
    request = LocalContext.request.get(None)
    if request is None:
        caller = acting_person()  # called by no browser, in the name of whoever calls
        if caller.role is None:
            raise SignedOut
        return caller
    sent: Any = getattr(request, "request", None)
    access = sent.scope.get(ACCESS) if sent is not None else None
    if access is None:
        raise SignedOut
    person: Person = access.person(needed, by_hand=by_hand)
    return person


def _language_of_event() -> str:
    """Gradio runs events in a queue of its own, far from the request's middleware."""
    request = LocalContext.request.get(None)
    return chosen_language(Headers(dict(request.headers))) if request else current_language()


def _error_toast(sentence: str) -> gr.Error:
    return gr.Error(toast_html(sentence), duration=TOAST_SECONDS, print_exception=False)


def toast(sentence: str) -> None:
    """Show a toast that something went well."""
    gr.Success(toast_html(sentence), duration=5)


def warn(sentence: str) -> None:
    """Show a toast that something needs a person."""
    gr.Warning(toast_html(sentence), duration=TOAST_SECONDS)


def begin_page(current: str) -> None:
    """The top bar, in place of Gradio's own. In 6.31 `visible=False` leaves that standing; "hidden" hides."""
    Navbar(visible=cast(Any, "hidden"))
    gr.HTML(topbar_html(current), elem_id="topbar", apply_default_css=False, js_on_load=None)


def html(
    value: str = "", elem_id: str = "", on_load: str | None = None, scripts: Sequence[str] = ()
) -> gr.HTML:
    """A part of the page that we render ourselves. `on_load` is JavaScript, run once the part is there;
    `scripts` are files of ui/static that it needs beside the studio's own.
    """
    head = script_html(*scripts)
    return gr.HTML(value, elem_id=elem_id, apply_default_css=False, js_on_load=on_load, head=head)


def delegate_events(*events: str) -> str:
    """JavaScript for `html`: clicks on `[data-event]` inside become these events of the component."""
    return f"Storykin.delegate(element, trigger, {json.dumps(events)})"


def custom_event(part: gr.HTML, name: str) -> Callable[..., Any]:
    """The registration function of the custom event `name` on a part made by `html`."""
    listener: Callable[..., Any] = getattr(part, name)
    return listener


def event_field(event: gr.EventData, name: str) -> str:
    """The field `name` of a custom event, written by a browser: "" if it is missing or no string."""
    data = getattr(event, "_data", None)
    value = data.get(name, "") if isinstance(data, dict) else ""
    return value if isinstance(value, str) else ""
