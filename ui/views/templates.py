"""The template engine: autoescaping, strict about names, fed only from `views/templates/`."""

from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tasks import amounts
from ui import i18n
from ui.acting import may
from ui.addresses import at
from ui.security import MOUNT
from ui.template_words import TemplateWords
from ui.views import words
from ui.views.phrases import phrase_words, trait_words


class _Address:
    """A path of ours as a browser asks for it, looked up when it is shown."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __str__(self) -> str:
        return at(self._path)


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.i18n", TemplateWords],
)
# "new style": `_("Draw %(count)s", count=3)`, values escaped, a literal % written %%.
cast(Any, _ENVIRONMENT).install_gettext_callables(i18n._, i18n.ngettext, newstyle=True)
_ENVIRONMENT.globals.update(words_of=i18n._)  # what `_(variable)` becomes (`ui.template_words`)
_ENVIRONMENT.globals.update(may=may)  # `{% if may("spend") %}`: what the person may do who is shown this
_ENVIRONMENT.globals.update(root=_Address(""), mount=_Address(MOUNT))  # "{{ root }}/static/…"
_ENVIRONMENT.filters.update(
    status=words.status_words,
    seconds=words.seconds_words,
    dollars=amounts.exact_dollars,
    cents=amounts.cent_dollars,
    about=amounts.about_dollars,
    size=words.size_words,
    ago=words.ago_words,
    left=words.left_words,
    moment=words.moment_words,
    day=words.day_words,
    provider=words.provider_label,
    said=i18n.said,
    codes=words.with_codes,
    trait=trait_words,
    phrase=phrase_words,
)


def render(template: str, **values: Any) -> str:
    """`template` filled with `values`, every one of them escaped."""
    return _ENVIRONMENT.get_template(template).render(values)
