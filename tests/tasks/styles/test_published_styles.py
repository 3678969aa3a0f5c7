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
    "watercolor": "db1c8675ae79432dc091cb78f3fccb85939e0266cba6874e4ea2cbbd818c82ac",
    "storybook": "c035b6187c1d74d5096cd35eccb931af618bc65aee5d5243450ce13f02dcf72b",
    "anime": "4732faeb57ad78df0ffd0318640b4560f96810c5bb2eb29a993d438f059f6074",
    "flat": "0ac9809688fe0a0241c1648267c997d8644fab3eacb356d0b89d95bba33a4bc5",
    "colored-pencil": "429baf24a3ff5e19f94b66c1b49e9d6234408cb4b621b307614982ac8d3ea329",
}
# Work keys in the style flat, by what stands in the parameters beside the style's own and the seed.
ASKED_WITH = [
    ({"template": "prompt-1"}, "c6c0080dbe190ffdb80b6f6f74a825e44f26cecdbdfa8b366df71c96d6116178"),
    ({"template": "prompt-2"}, "925747a50c7aace22f6eac178d58842b6c732edc095276c350f5ad84bbd2a300"),
    ({"template": "prompt-3"}, "54190be5bbaf89ffe415dff267d30b714ef1fc5fc138662413f0ea5a9e3cdf4e"),
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
    assert built.template_version == "prompt-3"
    assert hashlib.sha256(built.text.encode()).hexdigest() == WORDS[style]


@pytest.mark.parametrize("style", SEED_NUMBERS)
def test_the_number_in_the_seeds_stays(style: str) -> None:
    drawing = style_pack(style).drawing
    assert drawing is not None and drawing.seed_number == SEED_NUMBERS[style]
