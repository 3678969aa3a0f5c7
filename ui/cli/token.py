"""`storykin token`: tokens by which programs ask the studio."""

import argparse
from typing import Any

from db.audit.append import COMMAND_LINE
from db.engine import record
from db.models import Role
from db.record_state import require_current
from tasks.accounts.tokens import TokenView, add_token, revoke_token, tokens
from ui.cli.output import print_document, print_note

DONE = 0


def add(arguments: argparse.Namespace) -> int:
    """Make a token and print it, once; what it may do is said beside it."""
    require_current()
    token, made = add_token(
        record(),
        email=arguments.email,
        name=arguments.name,
        role=Role(arguments.role) if arguments.role else None,
        days=arguments.days,
        by=None,
        via=COMMAND_LINE,
    )
    print(token)
    print_note(
        f"it speaks for {made.email} as {made.role.value} until {made.until:%Y-%m-%d}, in the header "
        f"`Authorization: Bearer …`. It is not shown again; `storykin token revoke {made.token_id}` ends it."
    )
    return DONE


def list_tokens(email: str | None, *, as_json: bool) -> int:
    """Print every token, without the tokens themselves."""
    require_current()
    found = tokens(record(), email=email)
    if as_json:
        print_document({"tokens": [_document(each) for each in found]})
        return DONE
    for each in found:
        used = f"{each.last_used_at:%Y-%m-%d %H:%M}" if each.last_used_at else "never"
        print(
            f"{each.token_id}  {each.state:<8} {each.role.value:<14} {each.email}  "
            f"until {each.until:%Y-%m-%d}, last used {used}: {each.name}"
        )
    if not found:
        print("There is no token.")
    return DONE


def revoke(beginning: str) -> int:
    """End a token."""
    require_current()
    token_id = revoke_token(record(), beginning=beginning, by=None, via=COMMAND_LINE)
    print(f"{token_id} is good for nothing any more.")
    return DONE


def _document(each: TokenView) -> dict[str, Any]:
    return {
        "id": each.token_id,
        "name": each.name,
        "email": each.email,
        "role": each.role.value,
        "made_at": each.made_at.isoformat(),
        "until": each.until.isoformat(),
        "last_used_at": each.last_used_at.isoformat() if each.last_used_at else None,
        "state": each.state,
    }
