"""The frame of every page: head, top bar, page heading, toasts."""

import json
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from markupsafe import escape

from db.models import CharacterStatus
from ui.addresses import at
from ui.i18n import current_language, languages, script_words
from ui.views.styles import written_css_url
from ui.views.templates import render

_SCRIPTS = ("studio.js", "live.js", "lightbox.js")
STATIC = Path(__file__).resolve().parents[1] / "static"
TOKENS = "tokens.css"
_FIRST_SHEET = "studio.css"


@dataclass(frozen=True)
class Heading:
    """The heading of a page: title, a line below, buttons, a status pill."""

    title: str
    line: str = ""
    back: bool = False  # a way back to the list of characters
    new: bool = False  # a button to a new character
    status: CharacterStatus | None = None
    tab: str = ""  # the title of the browser's tab and in its history, if it is another


def asset_url(name: str) -> str:
    """The address of a static file, changed whenever its content does, so browsers may keep it for ever."""
    return at(f"/static/{name}?v={_digest(name)}")


@lru_cache
def script_words_js(language: str) -> str:
    """A script that tells the studio's scripts their words in `language`; they ask by `Storykin._("…")`."""
    words = json.dumps(script_words(language), ensure_ascii=False)
    return (
        f"(window.Storykin ||= {{}}).words = {words};\nStorykin._ = (text) => Storykin.words[text] || text;\n"
    )


def script_words_url(language: str) -> str:
    """The address of that script, changed whenever its content does."""
    digest = sha256(script_words_js(language).encode()).hexdigest()[:10]
    return at(f"/static/words/{language}.js?v={digest}")


@lru_cache
def _digest(name: str) -> str:
    return sha256((STATIC / name).read_bytes()).hexdigest()[:10]


def _sheets() -> list[str]:
    parts = sorted(each.name for each in STATIC.glob("*.css") if each.name not in (TOKENS, _FIRST_SHEET))
    return [*map(asset_url, (_FIRST_SHEET, *parts)), written_css_url()]


def head_html() -> str:
    """What every page's <head> begins with: what has to be there before anything is painted."""
    return render(
        "head.html",
        theme=asset_url("theme.js"),
        shell=asset_url("shell.js"),
        words=script_words_url(current_language()),
        tokens=asset_url(TOKENS),
        sheets=_sheets(),
    )


def sheets_html() -> str:
    """All style sheets of ui/static."""
    return render("sheets.html", sheets=_sheets())


def script_html(*more: str) -> str:
    """The studio's scripts, and `more` files of ui/static; components bring those that they use, so that
    they are there before the component starts.
    """
    return render("script.html", scripts=[asset_url(each) for each in (*_SCRIPTS, *more)])


def topbar_html(current: str) -> str:
    """The bar with the way to each page; `current` is "review", "characters", "new", "costs" or ""."""
    others = {code: name for code, name in languages().items() if code != current_language()}
    return render("topbar.html", current=current, other_languages=others)


def heading_html(heading: Heading) -> str:
    """The HTML of a page's heading."""
    return render("heading.html", heading=heading)


def toast_html(sentence: str) -> str:
    """A sentence for a toast, which Gradio shows as HTML."""
    return str(escape(sentence))
