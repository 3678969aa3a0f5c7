"""A profile that was stored by an earlier version still says what it said."""

from tasks.profile import Profile, Trait
from tests.tasks.profiles import a_profile


def test_a_profile_stored_before_headwear_was_looked_at_says_nothing_of_it() -> None:
    stored = a_profile().model_dump()
    for name in ("headwear", "hair_texture", "glasses_shape", "clothes_pattern"):
        del stored["attributes"][name]
    profile = Profile.model_validate(stored)
    assert profile.attributes.glasses.value == "glasses"
    assert profile.attributes.headwear == Trait(value=None, confidence=0.0, hex=None)
    assert profile.attributes.hair_texture.value is None
