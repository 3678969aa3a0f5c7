"""The languages of the studio: whose words are shown, and where they are looked up.

Mark what people read: `_("Draw %(count)s pictures", count=3)`, `ngettext(…)`; where a constant is written,
`N_("…")` marks it and `_()` around its use translates it. Templates have `_` and `ngettext` as well, scripts
`Storykin._("…")`.
Catalogues are `locale/<language>/LC_MESSAGES/storykin.po`; `make messages` keeps them.
"""

import gettext as stdlib_gettext
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError, negotiate_locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from db.told import Told
from ui.recognised import Messages, sentences_of

LOCALES = Path(__file__).parent / "locale"
SOURCE = "en"  # the language that the code is written in
COOKIE = "storykin_language"

_current: ContextVar[str] = ContextVar("language", default=SOURCE)


@lru_cache
def languages() -> dict[str, str]:
    """The languages there are: code → its own name ("de" → "Deutsch"); English first."""
    found = sorted(each.name for each in LOCALES.iterdir() if (each / "LC_MESSAGES").is_dir())
    return {code: language_name(code) for code in (SOURCE, *found)}


def current_language() -> str:
    """The language of the request that is answered, or of the page that is built."""
    return _current.get()


def text_direction(language: str) -> str:
    """ "ltr" or "rtl"."""
    return str(Locale.parse(language).text_direction)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Everything inside is said in `language`."""
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)


def _(message: str, **values: object) -> str:
    """`message` in the current language, its `%(name)s` filled with `values` (if `told`: its own)."""
    if isinstance(message, Told):
        values = {name: _(each) if isinstance(each, Told) else each for name, each in message.values.items()}
        message = message.message
    translated = _translations(_current.get()).gettext(message) if message else ""
    return translated % values if values else translated


def said(sentence: str | None) -> str:
    """A sentence of the record in the current language, as far as its catalogue knows what it was made of;
    "" for none.
    """
    language = _current.get()
    if isinstance(sentence, Told):
        return _(sentence)
    return sentence or "" if language == SOURCE else _said(language, sentence or "")


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """`one` or `many` as `count` asks for; `%(num)s` is the count, as in templates."""
    translated = _translations(_current.get()).ngettext(one, many, count)
    return translated % {"num": count, **values}


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for a marker
    """`message` itself, marked for the catalogue; whoever shows it calls `_()`."""
    return message


def chosen_language(headers: Headers, preset: str = "") -> str:
    """The language a request asks for: its cookie, else `preset`, else the browser's languages."""
    cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
    for code in (cookie, preset):
        if code in languages():
            return code
    wanted = [tag for tag, _weight in _accepted(headers.get("accept-language", ""))]
    return negotiate_locale(wanted, list(languages()), sep="-") or SOURCE


class LanguageMiddleware:
    """ASGI middleware: a request is answered in the language that it asks for."""

    def __init__(self, app: ASGIApp, preset: str = "") -> None:
        self.app = app
        self.preset = preset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with its language set."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        with speaking(chosen_language(Headers(scope=scope), self.preset)):
            await self.app(scope, receive, send)


class ByLanguage:
    """ASGI app: one of several apps, by the language of the request."""

    def __init__(self, apps: Mapping[str, ASGIApp]) -> None:
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on to the app of its language."""
        await self._apps[current_language()](scope, receive, send)


@lru_cache
def catalogue(language: str) -> Catalog:
    """The catalogue of `language`, as it is written; empty for English."""
    path = LOCALES / language / "LC_MESSAGES" / "storykin.po"
    if not path.is_file():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


@lru_cache
def script_words(language: str) -> dict[str, str]:
    """What the studio's scripts say, English → `language`."""
    return {
        entry.id: str(entry.string)
        for entry in catalogue(language)
        if isinstance(entry.id, str)
        and entry.string
        and any(f.endswith(".js") for f, _line in entry.locations)
    }


@lru_cache
def _translations(language: str) -> stdlib_gettext.NullTranslations:
    if language == SOURCE:
        return stdlib_gettext.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    return stdlib_gettext.GNUTranslations(compiled)


@lru_cache
def _messages(language: str) -> Messages:
    return Messages(entry.id for entry in catalogue(language) if isinstance(entry.id, str) and entry.string)


@lru_cache(maxsize=4096)
def _said(language: str, text: str) -> str:
    """`text` whole, by what is filled in, or sentence by sentence; what nothing knows stays as it is."""
    translations = _translations(language)
    whole = translations.gettext(text) if text else ""
    if whole != text:
        return whole
    known = _messages(language).recognise(text)
    if known is not None:
        values = {
            name: _said(language, value) if value.endswith((".", "!", "?")) else translations.gettext(value)
            for name, value in known.values.items()
        }
        return known.filled(translations.gettext(known.message), values)
    sentences = sentences_of(text)
    if len(sentences) > 1:
        return " ".join(_said(language, each) for each in sentences)
    # Some are kept with the full stop that their message does not have.
    return f"{_said(language, text[:-1])}." if text.endswith(".") else text


def language_name(code: str) -> str:
    """What a language calls itself; the code where nobody knows."""
    try:
        name = Locale.parse(code, sep="-").get_language_name(code) or code
    except (ValueError, LookupError, UnknownLocaleError):
        name = code
    return name[:1].upper() + name[1:]


def _accepted(header: str) -> list[tuple[str, float]]:
    """The tags of an Accept-Language header, the most wanted first; what can't be read is left out."""
    found = []
    for part in header.split(",")[:20]:
        tag, _semicolon, weight = part.strip().partition(";q=")
        try:
            found.append((tag, float(weight or 1)))
        except ValueError:
            continue
    return sorted(((tag, weight) for tag, weight in found if tag and weight > 0), key=lambda each: -each[1])
