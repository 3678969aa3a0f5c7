"""The template engine: autoescaping, strict about names, fed only from `views/templates/`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, context: Mapping[str, Any] | None = None, **values: Any) -> str:
    """`template` filled with `values`, every one of them escaped."""
    return _ENVIRONMENT.get_template(template).render(dict(context or {}) | values)
