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
PUBLISHED = {  # SHA-256 of the prompt, seed, work key; computed before styles were folders
    "watercolor": (
        "883454ae6bfbdbc536e262f71bc6c627852e0495af01b02c1fc637d498d33883",
        1923621994,
        "de3d4edcb755d86d8ad1e4f514504eed2bd88de5f26cdee076b348a89dd95bf7",
    ),
    "storybook": (
        "b88d6b75a7ac4435c4e8c918c98c9b0606dbf38c80462a8826121f1802b9df13",
        431175072,
        "90c91a77451e7350539dd76123d5e5835479e55a78483ca7e55d137ba443d24a",
    ),
    "anime": (
        "112937a6162037a077e70fc9843e09d61a3aa731f4cd0a1b9e6fe8d18191cf3a",
        850374218,
        "25885a5931ead0f8a94fe86b3398ec5f43046eb2fa76ffc32c78fbedd6b96dde",
    ),
    "flat": (
        "0d26186dc2ee73ff3cc37f2dd7b4a79ef6b5ab03474e94d4eedbaf7b65658b84",
        748166427,
        "c6c0080dbe190ffdb80b6f6f74a825e44f26cecdbdfa8b366df71c96d6116178",
    ),
    "colored-pencil": (
        "ee84227da9fa007f0abf728ac39ba82153ca4fb62de69366a6c7d2fc1ce16581",
        1318496198,
        "f14a44e32265417e131a83b4bc97ecba815ed1aecca62debe0c561e7e0279066",
    ),
}
# Part of every seed of the local engine: another number gives other pictures of everybody.
SEED_NUMBERS = {"watercolor": 1, "storybook": 2, "anime": 3, "flat": 4, "colored-pencil": 5}


@pytest.mark.parametrize("style", PUBLISHED)
def test_prompt_seed_and_work_key_are_what_they_were(style: str) -> None:
    pack = style_pack(style)
    built = build_character_prompt(a_profile(), style)
    seed = seed_of(PHOTO, style, "1")
    key = image_work_key(
        photo_sha256=PHOTO,
        profile_digest=PROFILE,
        style=style,
        style_version=pack.version,
        provider="replicate",
        model="google/nano-banana-2.1",
        parameters=pack.parameters | {"seed": seed, "template": built.template_version},
        ordinal=1,
    )
    assert (hashlib.sha256(built.text.encode()).hexdigest(), seed, key) == PUBLISHED[style]


@pytest.mark.parametrize("style", SEED_NUMBERS)
def test_the_number_in_the_seeds_stays(style: str) -> None:
    drawing = style_pack(style).drawing
    assert drawing is not None and drawing.seed_number == SEED_NUMBERS[style]
