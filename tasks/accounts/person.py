"""Who is asking."""

from dataclasses import dataclass

from db.models import Role

STUDIO = "studio"  # through which door, in the audit log


@dataclass(frozen=True)
class Person:
    """Somebody who has been authenticated; `user_id` is None where nobody signs in (`LOCAL`)."""

    user_id: str | None
    name: str
    role: Role | None  # None may do nothing
    session_id: str | None = None
    token_id: str | None = None  # of the program that speaks in their name


# A stranger, or whoever has not been asked for yet.
NOBODY = Person(None, "", None)
# Whoever is at this machine while nobody has an account: may do everything, and has no name.
LOCAL = Person(None, "", Role.ADMINISTRATOR)
