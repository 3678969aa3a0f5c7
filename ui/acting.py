"""Whose request is answered: set by `ui.access`, read where something is done in a person's name."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from markupsafe import escape
from starlette.types import Scope

from db.audit.append import acting_token
from tasks.accounts.person import NOBODY, Person
from ui.permissions import ROLES, Permission, allows

OPERATOR = "operator"
_PERSON = "storykin.person"  # in the scope

UNKNOWN = NOBODY  # who asks where nobody has looked: may do nothing
_acting: ContextVar[Person | None] = ContextVar("acting", default=None)


def acting_person() -> Person:
    """Who asks; `LOCAL` where nobody signs in, and `NOBODY` before anybody has looked who it is."""
    return _acting.get() or UNKNOWN


def acting_id() -> str | None:
    """The user id of who asks, for the `by` of every use case; None where nobody signs in."""
    return acting_person().user_id


def acting_actor() -> str:
    """Who asks, as the timeline keeps it: a user id, or "operator" where nobody signs in."""
    return acting_person().user_id or OPERATOR


def acting_attributes() -> str:
    """Of whose page this is, for its <html>: what the sheets hide by, and the name in the top bar."""
    person = acting_person()
    if person.user_id is None or person.role is None:
        return ""
    may_do = " ".join(sorted(ROLES[person.role]))
    return f' data-role="{person.role.value}" data-may="{may_do}" data-person="{escape(person.name)}"'


def note_person(scope: Scope, person: Person) -> None:
    """Tell whoever stands around the access whose request it was: the pages of errors."""
    scope[_PERSON] = person


def noted_person(scope: Scope) -> Person:
    """Who that was; `NOBODY` where it is not known."""
    person: Person = scope.get(_PERSON, NOBODY)
    return person


def may(needed: str) -> bool:
    """Whether who asks may do what is `needed`, a value of `Permission`: what else to show them."""
    return allows(acting_person().role, Permission(needed))


@contextmanager
def acting(person: Person) -> Iterator[None]:
    """Everything inside is done by `person`; the audit log tells with which token."""
    before, token_before = _acting.set(person), acting_token.set(person.token_id)
    try:
        yield
    finally:
        acting_token.reset(token_before)
        _acting.reset(before)
