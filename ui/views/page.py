"""The frame of every page: head, top bar, page heading, messages."""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from ui.routes.shell import STATIC
from ui.security import MOUNT
from ui.views.templates import render


@dataclass(frozen=True)
class Crumb:
    """A link back to where the page hangs."""

    label: str
    href: str


@lru_cache
def asset_url(name: str) -> str:
    """The address of a static file, changed whenever its content does, so browsers may keep it for ever."""
    digest = sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


def head_html() -> str:
    """What goes into every page's <head>."""
    return render("head.html", style=asset_url("studio.css"), script=asset_url("studio.js"))


def topbar_html(current: str) -> str:
    """The bar with the way to each page; `current` is "characters", "new" or ""."""
    places = [("characters", "Characters", f"{MOUNT}/"), ("new", "New character", f"{MOUNT}/new")]
    return render("topbar.html", places=places, current=current, home=f"{MOUNT}/")
