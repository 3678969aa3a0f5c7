"""The words of a template are translated where they stand: `<p>Nothing yet.</p>` needs no `_()` around it.

What stands alone between tags, and alone in `aria-label`, `alt`, `title` or `placeholder`, becomes
`{{ _("…") }}` before Jinja reads it, and before `make messages` gathers it. A sentence with a value in it has
to be written as `{{ _("… %(name)s …", name=…) }}` by hand: its pieces are no sentence in another language.
"""

import re
from io import BytesIO
from typing import Any

from jinja2.ext import Extension, babel_extract

_LEFT_ALONE = re.compile(r"<(style|script|svg|pre|code)\b.*?</\1>|\{#.*?#\}", re.DOTALL)
# Between tags (of HTML or Jinja), or in an attribute; with a word in it, and without a value.
_TEXT = re.compile(r"(?<=[>}])(?<!\}\})(\s*)([^<>{}]*?[A-Za-z]{2}[^<>{}]*?)(\s*)(?=<|\{%)")
_ATTRIBUTE = re.compile(r'(\b(?:aria-label|alt|title|placeholder)=")([^"{}<>]*[A-Za-z]{2}[^"{}<>]*)(")')
_JINJA = re.compile(r"\{[{%].*?[}%]\}", re.DOTALL)
# Jinja believes that what `_` returns is safe HTML. That is so of what stands in the template, and of nothing
# else: `{{ _(step.label) }}` is read as `words_of(step.label)`, whose answer is escaped like any value.
_VARIABLE = re.compile(r"\b_\((?=\s*[^\s\"'])")
_NO_WORDS = re.compile(r"&[a-z]+;|\bStorykin\b|\bUTC\b|\bPrefect\b|\bSHA-256\b")


def marked(source: str) -> str:
    """`source` of a template with its bare words wrapped in `{{ _("…") }}`."""
    parts, at = [], 0
    for kept in _LEFT_ALONE.finditer(source):
        parts += [_wrapped(source[at : kept.start()]), kept[0]]
        at = kept.end()
    return "".join([*parts, _wrapped(source[at:])])


class TemplateWords(Extension):
    """The Jinja extension that does it."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Mark the words of an HTML template."""
        del filename
        return _VARIABLE.sub("words_of(", marked(source)) if (name or "").endswith(".html") else source


def extract(fileobj: Any, keywords: Any, comment_tags: Any, options: Any) -> Any:
    """Babel's extraction method for our templates: Jinja's own, after the words are marked."""
    source = marked(fileobj.read().decode()).encode()
    return babel_extract(BytesIO(source), keywords, comment_tags, options)


def _wrapped(source: str) -> str:
    source = _TEXT.sub(lambda found: found[0] if _in_a_tag(found) else _replaced(found), source)
    return _ATTRIBUTE.sub(_replaced, source)


def _in_a_tag(found: re.Match[str]) -> bool:
    """`class="a{% if b %} c{% endif %}"`: no words, though they stand between tags of Jinja."""
    before = _JINJA.sub("", found.string[: found.start(2)])
    return before.rfind("<") > before.rfind(">")


def _replaced(found: re.Match[str]) -> str:
    before, text, after = found.groups()
    words = " ".join(text.split())
    if not re.search(r"[A-Za-z]{2}", _NO_WORDS.sub("", words)) or '"' in words or "\\" in words:
        return found[0]
    return f'{before}{{{{ _("{words.replace("%", "%%")}") }}}}{after}'
