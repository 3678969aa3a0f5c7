"""The template engine: autoescaping, strict about names, fed only from `views/templates/`."""

from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tasks import amounts
from ui import i18n
from ui.security import MOUNT
from ui.template_words import TemplateWords
from ui.views import words

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
_ENVIRONMENT.globals["mount"] = MOUNT
_ENVIRONMENT.filters.update(
    status=words.status_words,
    seconds=words.seconds_words,
    dollars=amounts.exact_dollars,
    cents=amounts.cent_dollars,
    about=amounts.about_dollars,
    size=words.size_words,
    ago=words.ago_words,
    moment=words.moment_words,
)


def render(template: str, **values: Any) -> str:
    """`template` filled with `values`, every one of them escaped."""
    return _ENVIRONMENT.get_template(template).render(values)
