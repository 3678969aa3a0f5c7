"""The same work has the same key; anything that changes the picture changes it."""

from typing import Any

import pytest

from db.digests import digest_of
from tasks.ledger.work_key import image_work_key, vision_work_key
from tasks.seeds import seed_of

WORK: dict[str, Any] = {
    "photo_sha256": "a" * 64,
    "profile_digest": "b" * 64,
    "style": "flat",
    "style_version": "1",
    "provider": "local",
    "model": "local-illustrator-1",
    "parameters": {"seed": 7, "aspect_ratio": "4:5"},
    "ordinal": 1,
}


def test_the_same_work_has_the_same_key_whatever_order_its_parameters_come_in() -> None:
    again = WORK | {"parameters": {"aspect_ratio": "4:5", "seed": 7}}
    assert image_work_key(**WORK) == image_work_key(**again)


@pytest.mark.parametrize("part", sorted(WORK))
def test_every_part_counts(part: str) -> None:
    other: Any = 2 if part == "ordinal" else {"seed": 8} if part == "parameters" else "changed"
    assert image_work_key(**WORK) != image_work_key(**(WORK | {part: other}))


def test_looking_and_drawing_never_share_a_key() -> None:
    look = vision_work_key(photo_sha256="a", provider="local", model="m", template_version="1")
    assert look != vision_work_key(photo_sha256="a", provider="local", model="m", template_version="2")
    assert look != image_work_key(**WORK)


def test_numbers_that_json_cannot_say_are_refused_rather_than_guessed() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        digest_of({"x": float("nan")})


def test_seeds_follow_from_their_parts_and_fit_every_provider() -> None:
    seeds = {seed_of("photo", style, str(take)) for style in ("flat", "anime") for take in range(1, 50)}
    assert len(seeds) == 98
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert seed_of("photo", "flat", "1") == seed_of("photo", "flat", "1")
