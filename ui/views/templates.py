"""The template engine: autoescaping, strict about names, fed only from `views/templates/`."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tasks import amounts
from ui.security import MOUNT
from ui.views import words

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
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
