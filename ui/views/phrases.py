"""What the floors below wrote of a person in English words, said in the reader's language.

"orange and black" and "short wavy black hair" are put together of words that the catalogues hold one by one.
What has another word in it was written by a person, or by a model: it is shown as it is.
"""

from collections.abc import Iterator
from functools import lru_cache

from ui.i18n import SOURCE, _, current_language
from ui.views.vocabulary import CLOTHES_DETAILS, COLORS, CUT, GARMENTS, NECKLINES, PARTS, TRAITS

_AND, _WITH = " and ", " with "


def trait_words(value: str) -> str:
    """The value of a trait."""
    if _AND not in value:
        return _(value)
    one, other = value.split(_AND, 1)
    return _("%(one)s and %(other)s", one=_(one), other=_(other))


def phrase_words(phrase: str) -> str:
    """What must not change of a person: the part first, where the language is not English."""
    if current_language() == SOURCE or phrase in _words():
        return _(phrase)
    what, _with, with_it = phrase.partition(_WITH)
    *before, part = what.split(" ")
    found = [*_known(before), *_details(with_it)]
    if part not in (*PARTS, *GARMENTS) or not found or None in found:
        return phrase
    return f"{_(part)}: {', '.join(trait_words(word) for word in found if word)}"


def _details(said: str) -> Iterator[str | None]:
    """What clothes are "with"; None for what is not of the vocabulary."""
    for each in said.split(_AND) if said else ():
        yield each if each in CLOTHES_DETAILS else None


def _known(words: list[str]) -> Iterator[str | None]:
    """The vocabulary's words that `words` are made of, the longest first; None for what is not of it."""
    while words:
        fits = [count for count in range(len(words), 0, -1) if _is_known(" ".join(words[:count]))]
        if not fits:
            yield None
            return
        yield " ".join(words[: fits[0]])
        words = words[fits[0] :]


def _is_known(word: str) -> bool:
    return all(each in _words() for each in word.split(_AND, 1))


@lru_cache
def _words() -> frozenset[str]:
    return frozenset((*COLORS, *TRAITS, *CUT, *GARMENTS, *NECKLINES))
