"""Between the record's profile rows and the profile's schema."""

from db.models import CharacterProfile
from db.repositories import profiles
from tasks.profile import Profile


def profile_from_row(row: CharacterProfile) -> Profile:
    """The profile that a row holds. pydantic.ValidationError if a person or a migration broke it."""
    return Profile.model_validate(profiles.content_of(row))
