"""What was under way when a backup was made: nobody knows what became of it, so it is asked first.

A request that had not been answered may have been billed since, so its call becomes `unknown`: evidence or a
person settles it, and no machine sends it again. A run that was under way waits for a person too, for what it
bought since the backup is not on record; "Try again" finds whatever the store still has.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from db.dump import Row
from db.event_kinds import EventKind
from db.ids import new_id, utc_now
from db.lifecycle import ACTIVE
from db.models import BatchState, CallState, CharacterStatus, LinkEnd
from db.repositories.calls import LEASED
from db.repositories.facets import CUSTOMER_WAITING, joined

REASON = "restored"
SENTENCE = (
    "This was being drawn when the backup was made that has been restored. What was bought since is not on "
    "record. Press Try again: what the picture store has is used, and the rest is bought."
)
CALL_SENTENCE = "It was under way when the backup was made that has been restored, so it is possibly paid."
# What lets somebody in: it may have been ended since. Everybody signs in again, and programs get new tokens.
FORGOTTEN = frozenset(
    {
        "studio_sessions", "sign_in_limits", "sign_in_steps", "api_tokens", "support_links", "password_links",
    }
)  # fmt: skip
_UNANSWERED = (CallState.CLAIMED, CallState.SENDING)
Document = dict[str, Any]


@dataclass
class Reopened:
    """What is open after a restore."""

    possibly_paid: int = 0
    possibly_paid_microusd: int = 0
    to_fetch: int = 0  # accepted by the provider: housekeeping fetches them, at no further cost
    characters: list[Document] = field(default_factory=list)  # id, run token
    batches: int = 0
    forgotten: dict[str, int] = field(default_factory=dict)  # rows that let somebody in, by table
    links: int = 0  # links of customers that were open, and are ended


class Reopening:
    """Changes rows on their way into the record."""

    def __init__(self, taken_at: datetime) -> None:
        self.found = Reopened()
        self._then, self._now = _moment(taken_at), _moment(utc_now())

    def rows(self, table: str, columns: tuple[str, ...], rows: Iterable[Row]) -> Iterator[Row]:
        """The rows as they are to be restored. Characters have to come before events."""
        change: Callable[[Document], None] | None = {
            "batches": self._batch,
            "characters": self._character,
            "customer_links": self._link,
            "provider_calls": self._call,
        }.get(table)
        if table in FORGOTTEN:
            self.found.forgotten[table] = sum(1 for _row in rows)
            return
        for row in rows:
            if change is None:
                yield row
                continue
            told = dict(zip(columns, row, strict=True))
            change(told)
            yield list(told.values())
        if table == "events":
            yield from self._events(columns)

    def _call(self, call: Document) -> None:
        if call["state"] not in LEASED:
            return
        call["fence"] += 1  # whoever held it works for another record
        call["lease_expires_at"] = self._then
        if call["state"] not in _UNANSWERED:
            self.found.to_fetch += call["state"] != CallState.STORED
            return
        if call["provider"] == "local" and not call["estimate_microusd"]:
            return  # free: it is simply done again
        call |= {
            "state": CallState.UNKNOWN.value,
            "lease_owner": None,
            "lease_expires_at": None,
            "sent_at": call["sent_at"] or self._then,
            "ended_at": self._now,
            "updated_at": self._now,
            "error_code": "outcome_unknown",
            "error_sentence": CALL_SENTENCE,
        }
        self.found.possibly_paid += 1
        self.found.possibly_paid_microusd += call["estimate_microusd"]

    def _character(self, character: Document) -> None:
        if CUSTOMER_WAITING in character.get("facets", ""):  # by no link any more
            words = set(character["facets"].split())
            character["facets"] = joined(words - {CUSTOMER_WAITING})
        if character["status"] not in ACTIVE:
            return
        self.found.characters.append({"id": character["id"], "run_token": character["run_token"]})
        character |= {
            "status": CharacterStatus.NEEDS_ATTENTION.value,
            "status_at": self._now,
            "status_reason": REASON,
            "status_sentence": SENTENCE,
        }

    def _link(self, link: Document) -> None:
        if link["answer"] is None and link["ended"] is None:
            link["ended"] = LinkEnd.WITHDRAWN.value  # it may have been withdrawn since
            self.found.links += 1

    def _batch(self, batch: Document) -> None:
        if batch["state"] == BatchState.RUNNING:
            batch |= {"state": BatchState.FAILED.value, "ended_at": self._now}
            self.found.batches += 1

    def _events(self, columns: tuple[str, ...]) -> Iterator[Row]:
        for character in self.found.characters:
            told: Document = dict.fromkeys(columns) | {
                "id": new_id(),
                "created_at": self._now,
                "character_id": character["id"],
                "run_token": character["run_token"],
                "kind": EventKind.CHARACTER_NEEDS_ATTENTION.value,
                "actor": "restore",
                "message": SENTENCE,
                "data": json.dumps({"reason": REASON}),
            }
            yield [told[name] for name in columns]


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
