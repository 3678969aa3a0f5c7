"""Sentences that remember what was filled in, so that whoever shows them can say them in another language."""

from collections.abc import Mapping
from typing import Any


class Told(str):
    """A sentence in English, ready to read: `message` with its `values` in place of each `%(name)s`."""

    message: str
    values: Mapping[str, object]

    def __new__(cls, text: str, message: str = "", values: Mapping[str, object] | None = None) -> "Told":
        """`text` as it reads in English; `message` is the same unless it has values."""
        made = super().__new__(cls, text)
        made.message = message or text
        made.values = values or {}
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """An error travels between processes."""
        return Told, (str(self), self.message, dict(self.values))


def told(message: str, **values: object) -> Told:
    """`message` with its `%(name)s` filled in. The catalogues of `ui/locale` hold the message; its values are
    said as they are, but for those that were `told` themselves.
    """
    return Told(message % values, message, values)


def one_after_the_other(*sentences: str) -> Told:
    """Sentences as one text, each said for itself; empty ones are left out."""
    said = [each if isinstance(each, Told) else Told(each) for each in sentences if each]
    values = {f"sentence_{number}": each for number, each in enumerate(said)}
    return told(" ".join(f"%({name})s" for name in values), **values)
