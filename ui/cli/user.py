"""`storykin user`: who may sign in. Whoever may run it owns this machine, and so is an administrator."""

import getpass
import sys

from db.engine import record
from db.models import Role
from db.record_state import require_current
from tasks.accounts import people
from tasks.accounts.password_links import make_password_link
from tasks.accounts.second_factor import factor_of, remove_factor_of
from tasks.audit.append import COMMAND_LINE
from tasks.errors import UsageError
from tasks.oidc.accounts import unlink
from tasks.settings import provider_settings
from ui.addresses import at
from ui.cli.output import print_document, print_note

DONE = 0


def add(email: str, name: str | None, role: str | None) -> int:
    """Let somebody in."""
    require_current()
    made = people.add_person(
        record(),
        email=email,
        name=name or email.partition("@")[0],
        role=Role(role) if role else None,
        password=_asked_password(),
        by=None,
        via=COMMAND_LINE,
    )
    print(f"{made.email} may sign in now, as {made.role.value}. From now on everybody has to.")
    return DONE


def list_people(*, as_json: bool) -> int:
    """Print everybody who may sign in."""
    require_current()
    found = people.everyone(record())
    if as_json:
        print_document(
            {
                "users": [
                    {
                        "id": each.user_id,
                        "email": each.email,
                        "name": each.name,
                        "role": each.role.value,
                        "disabled": each.disabled,
                        "sessions": each.sessions,
                    }
                    for each in found
                ]
            }
        )
        return DONE
    for each in found:
        state = "disabled" if each.disabled else f"{each.sessions} sessions"
        print(f"{each.email:<40} {each.role.value:<14} {state:<12} {each.name}")
    if not found:
        print("Nobody has an account: whoever is at this machine may do everything.")
    return DONE


def role(email: str, chosen: str) -> int:
    """Give somebody another role."""
    require_current()
    people.change_role(record(), email=email, role=Role(chosen), by=None, via=COMMAND_LINE)
    print(f"From now on as {chosen}. They sign in again.")
    return DONE


def password(email: str) -> int:
    """Set another password."""
    require_current()
    ended = people.change_password(
        record(), email=email, password=_asked_password(), by=None, via=COMMAND_LINE
    )
    print(f"The password is changed: {ended} sessions have ended, and their API tokens are revoked.")
    return DONE


def disable(email: str) -> int:
    """Keep somebody out."""
    require_current()
    people.disable(record(), email=email, by=None, via=COMMAND_LINE)
    print("They are signed out everywhere and can't sign in. `storykin user enable` lets them in again.")
    return DONE


def enable(email: str) -> int:
    """Let somebody in again."""
    require_current()
    people.enable(record(), email=email, by=None, via=COMMAND_LINE)
    print("They may sign in again.")
    return DONE


def remove(email: str) -> int:
    """Take an account away."""
    require_current()
    people.remove_person(record(), email=email, by=None, via=COMMAND_LINE)
    print("The account is gone and signed out everywhere. What they did keeps their name.")
    if not people.everyone(record()):
        print("Nobody has an account any more: whoever is at this machine may do everything.")
    return DONE


def sessions(email: str, *, end: bool) -> int:
    """Print where somebody is signed in, or sign them out everywhere."""
    require_current()
    if end:
        ended = people.end_sessions(record(), email=email, by=None, via=COMMAND_LINE)
        print(f"{ended} sessions have ended, and their API tokens are revoked.")
        return DONE
    found = people.sessions_of(record(), email=email)
    for each in found:
        print(f"{each.began:%Y-%m-%d %H:%M} to {each.last_seen:%H:%M UTC}  {each.address:<24} {each.agent}")
    if not found:
        print("They are signed in nowhere.")
    return DONE


def link(email: str) -> int:
    """Print a link that sets somebody's password, once."""
    require_current()
    made = make_password_link(record(), email=email, by=None, via=COMMAND_LINE)
    print(provider_settings().public_origin.rstrip("/") + at(made.path))
    print_note(f"it sets the password, once, until {made.until:%Y-%m-%d %H:%M} UTC. It is not shown again.")
    return DONE


def unlink_from_provider(email: str) -> int:
    """Forget who somebody is at the sign-in service."""
    require_current()
    removed = unlink(record(), email=email, by=None, via=COMMAND_LINE)
    print("Forgotten, and signed out everywhere." if removed else "No sign-in service knows them here.")
    return DONE


def second_factor(email: str, *, off: bool) -> int:
    """Say whether somebody is asked for a second factor, or take it away."""
    require_current()
    if off:
        there = remove_factor_of(record(), email=email, by=None, via=COMMAND_LINE)
        print("The second factor is gone: the password alone." if there else "They have no second factor.")
        return DONE
    on, left = factor_of(record(), email=email)
    print(f"On, with {left} recovery codes left." if on else "Off. Everybody adds one at /account.")
    return DONE


def _asked_password() -> str:
    """Typed twice at a terminal, else the first line of standard input; never an argument, which all see."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != first:
        raise UsageError("These were two different passwords. Nothing was changed.", code="passwords_differ")
    return first
