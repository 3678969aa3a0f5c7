"""Who may do what after a restore, and which consents count: rights of then, to be looked at by somebody."""

from collections.abc import Iterator
from typing import Any

from db.engine import Record
from db.repositories import consents
from tasks.accounts import people
from tasks.backup.reopened import Reopened


def rights_document(record: Record, now: Reopened, withdrawn_again: int) -> dict[str, Any]:
    """All of it, for programs."""
    return {
        "accounts": [
            {"email": each.email, "role": each.role.value, "disabled": each.disabled}
            for each in people.everyone(record)
        ],
        "api_tokens_forgotten": now.forgotten.get("api_tokens", 0),
        "support_links_forgotten": now.forgotten.get("support_links", 0),
        "customer_links_ended": now.links,
        "consents_standing": _standing(record),
        "consents_withdrawn_again": withdrawn_again,
    }


def rights_told(record: Record, now: Reopened, withdrawn_again: int) -> Iterator[str]:
    """Sentences for whoever restores."""
    accounts = people.everyone(record)
    if accounts:
        yield "Accounts, roles and passwords are those of the backup. Look at them (`storykin user list`):"
    for each in accounts:
        yield f"  {each.email}  {each.role.value}{', kept out' if each.disabled else ''}"
    if tokens := now.forgotten.get("api_tokens"):
        yield f"API tokens that are good no more: {tokens}. Make new ones for the programs that need them."
    if links := now.links + now.forgotten.get("support_links", 0):
        yield f"Links that are good no more: {links}. Send new ones to whoever is to look."
    if withdrawn_again:
        yield f"Characters whose consent had been withdrawn since, and is again: {withdrawn_again}."
    if standing := _standing(record):
        yield (
            f"Consents that count: {standing}, as of the backup. One that was given since is not on record: "
            "record it again (`storykin consent give`)."
        )


def _standing(record: Record) -> int:
    with record.reading() as session:
        return consents.count_standing(session)
