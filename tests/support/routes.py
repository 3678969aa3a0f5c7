"""Every route of the studio and every event of its pages, as the running application has them."""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import FastAPI
from starlette.routing import Mount

from ui.security import MOUNT


def routes_of(app: FastAPI) -> set[tuple[str, str]]:
    """Method and path of each route of our own; HEAD counts as GET."""
    return set(_walk(app.router.routes, but=MOUNT))


def gradio_routes_of(app: FastAPI) -> set[tuple[str, str]]:
    """Method and path of each route of Gradio's, below its mount."""
    return {(method, f"{MOUNT}{path}") for method, path in _walk(gradio_of(app).routes)}


def events_of(app: FastAPI) -> dict[int, Any]:
    """What Gradio runs, by `fn_index`; None for what only runs in the browser."""
    return {index: each.fn for index, each in gradio_of(app).get_blocks().fns.items()}


def gradio_of(app: FastAPI) -> Any:
    """Gradio's application, in English."""
    mount = next(each for each in app.router.routes if isinstance(each, Mount) and each.path == MOUNT)
    inner: Any = mount.app
    inner = inner._apps["en"]._app
    while not hasattr(inner, "get_blocks"):
        inner = inner.app
    return inner


def _walk(routes: Iterable[Any], but: str = "") -> Iterator[tuple[str, str]]:
    for route in routes:
        if hasattr(route, "effective_candidates"):  # a router that FastAPI has included
            yield from _walk([*route.effective_candidates(), *route.effective_low_priority_routes()])
        elif getattr(route, "methods", None):
            yield from {("GET" if method == "HEAD" else method, route.path) for method in route.methods}
        elif (path := route.path or route.original_route.path) != but:
            yield "GET", f"{path}/{{path:path}}"  # static files
