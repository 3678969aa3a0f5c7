"""Sentences of the record said again in another language: the message that one was made of, and its values.

The record keeps whole English sentences. What is filled in at `%(name)s` or `{name}` is found by laying the
catalogue's messages over a sentence; of several that fit, the one that says most itself is taken.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

_GAP = re.compile(r"%\((\w+)\)s|\{(\w+)\}")
_FEWEST_LETTERS = 4  # that a message says itself: less would fit anything
_SENTENCES = re.compile(r"(?<=[.!?]) +(?=[A-Z“])")


class Recognised(NamedTuple):
    """A message of the catalogue, and what is filled in, by name."""

    message: str
    values: Mapping[str, str]

    def filled(self, translated: str, values: Mapping[str, str]) -> str:
        """The translation with these values in place of its gaps."""
        return _GAP.sub(lambda gap: values.get(gap[1] or gap[2], ""), translated).replace("%%", "%")


@dataclass(frozen=True)
class _Pattern:
    message: str
    fits: re.Pattern[str]
    letters: int


class Messages:
    """The messages with gaps of one catalogue."""

    def __init__(self, messages: Iterable[str]) -> None:
        found = [pattern for message in messages if (pattern := _pattern(message)) is not None]
        self._patterns = sorted(found, key=lambda pattern: -pattern.letters)

    def recognise(self, sentence: str) -> Recognised | None:
        """What `sentence` was made of, None where no message fits it from end to end."""
        for pattern in self._patterns:
            match = pattern.fits.fullmatch(sentence)
            if match is not None:
                return Recognised(pattern.message, match.groupdict())
        return None


def sentences_of(text: str) -> list[str]:
    """The sentences that a text was joined of."""
    return _SENTENCES.split(text)


def _pattern(message: str) -> _Pattern | None:
    parts, names, end = [], set[str](), 0
    for gap in _GAP.finditer(message):
        name = gap[1] or gap[2]
        parts.append(re.escape(message[end : gap.start()].replace("%%", "%")))
        parts.append(f"(?P={name})" if name in names else f"(?P<{name}>.+?)")
        names.add(name)
        end = gap.end()
    letters = sum(map(str.isalpha, _GAP.sub("", message)))
    if not names or letters < _FEWEST_LETTERS:
        return None
    parts.append(re.escape(message[end:].replace("%%", "%")))
    return _Pattern(message, re.compile("".join(parts), re.DOTALL), letters)
