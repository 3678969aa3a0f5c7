"""Entering an act in the audit log, within the transaction that does it."""

import getpass
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from db.audit.acts import AuditAct
from db.audit.witness import witness_of
from db.engine import Session
from db.repositories import audit

SYSTEM = "system"
COMMAND_LINE = "command line"  # as the use cases are told by the commands

# The id of the token that a program acts with, in the name of its owner.
acting_token: ContextVar[str | None] = ContextVar("acting_token", default=None)


def append(
    session: Session,
    act: AuditAct,
    *,
    by: str | None,
    via: str = SYSTEM,
    what: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Enter `act` in the caller's transaction: with it or not at all, at a cost that does not grow.

    Args:
        by: The id of the user who did it; None where nobody is signed in, then `via` says whose door it was
            ("system", "operator", "command line", whose account is added).
        what: The id of what it was done to: never a name, an address or a picture.
        data: What else is to be known, as words, ids and whole numbers; ValueError for fractions.

    A program's act names its token in `data` too. Raises AuditUnusable when the key that seals entries can't
    be used: then the act does not happen either.
    """
    said = dict(data or {})
    if token := acting_token.get():
        said["by_token" if "token" in said else "token"] = token
    enter = audit.Act(who=who_of(by, via), act=act.value, what=what, data=said)
    audit.append(session, enter, witness_of(session))


def who_of(by: str | None, via: str) -> str:
    """As whom an entry names a person: a user's id, else the door, with the account at the command line."""
    if by:
        return by
    return f"{COMMAND_LINE}:{_account()}" if via == COMMAND_LINE else via


def _account() -> str:
    try:
        return getpass.getuser()[:64]
    except (OSError, KeyError):  # an account without a name, as in some containers
        return "unknown"
