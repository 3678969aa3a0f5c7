"""A profile that was stored by an earlier version still says what it said."""

import pytest

from tasks.profile import Profile, Trait
from tests.tasks.profiles import a_profile

SINCE_2 = ("headwear", "hair_texture", "glasses_shape", "clothes_pattern")
SINCE_3 = ("garment", "neckline", "sleeves")


@pytest.mark.parametrize("missing", [SINCE_3, (*SINCE_2, *SINCE_3)], ids=["profile-2", "profile-1"])
def test_a_profile_stored_before_more_was_looked_at_says_nothing_of_it(missing: tuple[str, ...]) -> None:
    stored = a_profile().model_dump()
    for name in missing:
        del stored["attributes"][name]
    profile = Profile.model_validate(stored)
    assert profile.attributes.glasses.value == "glasses"
    for name in missing:
        assert getattr(profile.attributes, name) == Trait(value=None, confidence=0.0, hex=None)
