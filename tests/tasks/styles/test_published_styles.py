"""What pictures that were paid for hang on: by these digests the five styles' work is found again.

A digest that changes buys every picture of the style again, or stops finding those that are kept.
"""

import hashlib

import pytest

from tasks.ledger.work_key import image_work_key
from tasks.seeds import seed_of
from tasks.styles.packs import style_pack
from tasks.styles.prompt import build_character_prompt
from tests.tasks.profiles import a_profile

PHOTO, PROFILE = "ab" * 32, "cd" * 32
PUBLISHED = {  # seed, work key by the first template, "prompt-1"; computed before styles were folders
    "watercolor": (
        1923621994,
        "de3d4edcb755d86d8ad1e4f514504eed2bd88de5f26cdee076b348a89dd95bf7",
    ),
    "storybook": (
        431175072,
        "90c91a77451e7350539dd76123d5e5835479e55a78483ca7e55d137ba443d24a",
    ),
    "anime": (
        850374218,
        "25885a5931ead0f8a94fe86b3398ec5f43046eb2fa76ffc32c78fbedd6b96dde",
    ),
    "flat": (
        748166427,
        "c6c0080dbe190ffdb80b6f6f74a825e44f26cecdbdfa8b366df71c96d6116178",
    ),
    "colored-pencil": (
        1318496198,
        "f14a44e32265417e131a83b4bc97ecba815ed1aecca62debe0c561e7e0279066",
    ),
}
# Part of every seed of the local engine: another number gives other pictures of everybody.
SEED_NUMBERS = {"watercolor": 1, "storybook": 2, "anime": 3, "flat": 4, "colored-pencil": 5}


# SHA-256 of the words of a portrait's prompt: other words are another version of the template.
WORDS = {
    "watercolor": "47d55fb63ec47686aebe00490c45f4bb3731556f9758482d0da4ea95c4dd9a6e",
    "storybook": "e78f680b16285d02f7ad79cef82becd1bc9b3906aeaa00d3c74dfe31cf1769a9",
    "anime": "eaf6b6e6fe0e8526619f761184541cbfeb1434977fd433176282e394059f4614",
    "flat": "2245e437cae39679afb2b2d642b4f6d1f66af78c32a236ce547e5ec6b112fd6a",
    "colored-pencil": "9b5baed693ce23eda0ff91505b616bd28849606c9cc247dc64f100288dfa43d6",
}
# Work keys in the style flat, by what stands in the parameters beside the style's own and the seed.
ASKED_WITH = [
    ({"template": "prompt-1"}, "c6c0080dbe190ffdb80b6f6f74a825e44f26cecdbdfa8b366df71c96d6116178"),
    ({"template": "prompt-2"}, "925747a50c7aace22f6eac178d58842b6c732edc095276c350f5ad84bbd2a300"),
    (
        {"template": "prompt-2", "framing": "full_body"},
        "540ec52d3fbb91f74b11494d2818a2256ec68527ac8e031d2fa571adb83709e6",
    ),
    (
        {"template": "prompt-2", "resolution": "print"},
        "6d7c010b7e47ad8b7e33f46ee73ae32df7010604f42074c210b4d4aa680ee782",
    ),
    (
        {"template": "prompt-2", "reference": "ef" * 32},
        "8709231bec0b3ef6dab554494bc2e77f909cc7229ebde293af919c3ae73cac29",
    ),
]


def work_key(style: str, **asked_with: str) -> str:
    pack = style_pack(style)
    return image_work_key(
        photo_sha256=PHOTO,
        profile_digest=PROFILE,
        style=style,
        style_version=pack.version,
        provider="replicate",
        model="google/nano-banana-2.1",
        parameters=pack.parameters | {"seed": seed_of(PHOTO, style, "1")} | asked_with,
        ordinal=1,
    )


@pytest.mark.parametrize("style", PUBLISHED)
def test_seed_and_work_key_are_what_they_were(style: str) -> None:
    assert (seed_of(PHOTO, style, "1"), work_key(style, template="prompt-1")) == PUBLISHED[style]


@pytest.mark.parametrize(("asked_with", "key"), ASKED_WITH)
def test_what_a_picture_is_asked_with_is_in_its_key_in_these_words(
    asked_with: dict[str, str], key: str
) -> None:
    assert work_key("flat", **asked_with) == key


@pytest.mark.parametrize("style", WORDS)
def test_the_words_of_a_template_stay_those_of_its_version(style: str) -> None:
    built = build_character_prompt(a_profile(), style)
    assert built.template_version == "prompt-2"
    assert hashlib.sha256(built.text.encode()).hexdigest() == WORDS[style]


@pytest.mark.parametrize("style", SEED_NUMBERS)
def test_the_number_in_the_seeds_stays(style: str) -> None:
    drawing = style_pack(style).drawing
    assert drawing is not None and drawing.seed_number == SEED_NUMBERS[style]
