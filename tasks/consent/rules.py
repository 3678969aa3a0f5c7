"""What a consent allows: the one place that says whether a provider may be given a character's photo.

The ledger asks here right before a request leaves, whoever asked for the picture; who draws is chosen by the
same word, so that a provider of the house steps in where the consent names no other.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress

from db.engine import Session
from db.models import Consent
from db.repositories import consents
from db.told import told
from tasks.errors import StorykinError
from tasks.providers.specs import find_spec, label_of


class ConsentWithdrawn(StorykinError):
    """The consent was withdrawn: nothing more is made, by nobody."""

    code = "consent_withdrawn"

    def __init__(self) -> None:
        super().__init__(
            "The consent to use this photo was withdrawn, so nothing more is made of it. Record a new "
            "consent with `storykin consent give`, if there is one."
        )


class WithdrawnByCustomer(StorykinError):
    """The customer has withdrawn the consent: not everybody may record that there is one again."""

    code = "withdrawn_by_customer"

    def __init__(self) -> None:
        super().__init__(
            told(
                "The customer has withdrawn the consent by their link, or refused it. Only an administrator "
                "may record a new one, or ask for one."
            )
        )


class NotTicked(StorykinError):
    """The customer has signed a consent to less: not everybody may record that there is one to more."""

    code = "not_ticked_by_customer"

    def __init__(self) -> None:
        super().__init__(
            told(
                "The customer has signed a consent by their link and did not tick all of this. Ask them anew "
                "by a link; only an administrator may record more than they ticked."
            )
        )


class NotNamedInConsent(StorykinError):
    """The consent does not name this provider, and the photo must not go there."""

    code = "consent_names_no_third_party"

    def __init__(self, provider: str) -> None:
        super().__init__(
            f"The consent to use this photo does not name {label_of(provider)}, so nothing was sent there. "
            "Let this machine or a server of your own do it (STORYKIN_VISION, STORYKIN_IMAGE), or record a "
            "consent that names it: `storykin consent give`."
        )


def is_third_party(provider: str) -> bool:
    """Whether what `provider` is given leaves the house. One that nobody knows of is outside."""
    spec = find_spec(provider)
    return spec is None or not spec.in_house


def third_parties(providers: Iterable[str]) -> tuple[str, ...]:
    """Those of `providers` that are outside the house, each once."""
    return tuple(dict.fromkeys(each for each in providers if is_third_party(each)))


def standing(session: Session, character_id: str) -> Consent | None:
    """The consent that counts; None where none is on record as one (before there were records).

    Raises ConsentWithdrawn where every one was withdrawn.
    """
    return _standing(consents.of_character(session, character_id))


def _standing(given: Sequence[Consent]) -> Consent | None:
    found = next((each for each in given if each.withdrawn_at is None), None)
    if given and found is None:
        raise ConsentWithdrawn
    return found


def check_consent(session: Session, character_id: str | None, provider: str) -> None:
    """Raise ConsentWithdrawn or NotNamedInConsent unless `provider` may be given what is the character's.

    A consent from before there were records was given to a text that names no one outside the house.
    """
    if character_id is None:
        return
    _check(standing(session, character_id), provider)


def _check(found: Consent | None, provider: str) -> None:
    if is_third_party(provider) and provider not in (found.processors if found else ()):
        raise NotNamedInConsent(provider)


def who_may_have(
    session: Session, character_ids: Collection[str], providers: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Those of `providers` that may be given what is the character's, for each of them, in one statement."""
    given = consents.of_characters(session, character_ids)
    return {each: tuple(_allowed(given.get(each, []), providers)) for each in character_ids}


def _allowed(given: Sequence[Consent], providers: Sequence[str]) -> Iterator[str]:
    for provider in providers:
        with suppress(ConsentWithdrawn, NotNamedInConsent):
            _check(_standing(given), provider)
            yield provider
