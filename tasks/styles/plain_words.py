"""Free text of people and models as plain noun phrases: nothing in a prompt may speak to the model."""

import re
import unicodedata

LONGEST_PHRASE = 80  # characters

_SENTENCE_END = re.compile(r"[.!?;:\n\r|]+")
_ADDRESS = re.compile(r"\S*://\S*|\bwww\.\S*", re.IGNORECASE)
_NOT_PLAIN = re.compile(r"[^\w\s,'’()/&+-]", re.UNICODE)
# Words that speak to a model rather than describe a person: a sentence that has one is dropped whole.
_SPEAKS_TO_THE_MODEL = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|instead|instructions?|prompts?|system|assistant|developer"
    r"|jailbreak|pretend|respond|reply|output|reveal|https?|www|nude|naked|nsfw|undress\w*)\b",
    re.IGNORECASE,
)


def neutralize(phrase: str) -> str:
    """`phrase` as a plain noun phrase, or "" if nothing in it is a description.

    Profiles hold free text from people and models. Only letters, digits and mild punctuation survive, on
    one line, at most 80 characters; a sentence that addresses the model is dropped, its neighbours stay.
    """
    flat = unicodedata.normalize("NFKC", phrase)
    visible = "".join(mark for mark in flat if mark.isspace() or unicodedata.category(mark)[0] != "C")
    sentences = (
        " ".join(_NOT_PLAIN.sub(" ", each).split())
        for each in _SENTENCE_END.split(_ADDRESS.sub(".", visible))
    )
    kept = [each for each in sentences if each and not _SPEAKS_TO_THE_MODEL.search(each)]
    return ", ".join(kept)[:LONGEST_PHRASE].strip(" ,-/&+")
