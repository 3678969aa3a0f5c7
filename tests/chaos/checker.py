"""Reads the bank, the record and the store, and says in one line whether the promise was kept.

Nothing here believes a word of the record alone: bills are the bank's, bytes are read and digested.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields

from db.engine import Session
from db.models import CallKind, CallState, Character, CharacterStatus, ProviderCall
from db.repositories import assets, calls, characters, images, prompts
from db.repositories.calls import ASSUMED_PAID
from tasks.runtime import Runtime
from ui.rehearsal.usage_log import Entry, Usage

NAMED_PREFIXES = ("photos/", "pictures/", "thumbnails/")
WITHOUT_BOOKS = {"openai", "openai-images"}
_WHAT = {CallKind.VISION: "look", CallKind.IMAGE: "picture"}
DONE = {CallState.STORED, CallState.RECORDED}


@dataclass(frozen=True)
class Verdict:
    """What the bank, the record and the store say together."""

    accepted: int = 0
    billed: int = 0
    delivered: int = 0
    duplicates: int = 0  # bills for work that was billed before
    lost: int = 0  # bills for work that we neither have nor know to be open
    deleted_but_named: int = 0  # bytes that a row names and that the store no longer has
    unknown_open: int = 0  # possibly paid, waiting for a person, each explained
    assumed_paid: int = 0  # cheap looks whose answer was lost: booked at their estimate, and taken again
    beyond_budget: int = 0  # micro-dollars billed above the day's budget
    struck: int = 0  # processes killed or stopped, and answers spoiled: what it was all about
    complaints: tuple[str, ...] = field(default=())  # what does not add up otherwise
    explanations: tuple[str, ...] = field(default=())  # one for each unknown

    @property
    def kept(self) -> bool:
        """Whether nothing was paid twice, nothing was lost, and everything else is explained."""
        wrong = (
            self.duplicates or self.lost or self.deleted_but_named or self.beyond_budget or self.complaints
        )
        return not wrong and self.explained

    @property
    def explained(self) -> bool:
        """Whether there is a sentence for every unknown."""
        return len(self.explanations) == self.unknown_open

    def line(self) -> str:
        """The one line."""
        counts = (
            f"accepted {self.accepted} / billed {self.billed} / delivered {self.delivered} / "
            f"duplicates {self.duplicates} / lost {self.lost} / unknown-open {self.unknown_open} / "
            f"assumed-paid {self.assumed_paid} / deleted-but-named {self.deleted_but_named} / "
            f"beyond-budget {self.beyond_budget}"
        )
        return f"{counts}{'' if self.kept else '  ✗ ' + '; '.join(self.complaints)}"

    def why_unknown(self) -> list[str]:
        """Every unknown with its explanation, the same ones together."""
        return [f"{count} × {why}" for why, count in Counter(self.explanations).most_common()]

    def __add__(self, other: "Verdict") -> "Verdict":
        return Verdict(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


NOTHING = Verdict()


def check(runtime: Runtime, bank: Usage, character_ids: list[str], styles: tuple[str, ...]) -> Verdict:
    """The verdict on everything that was done for these characters, each of whom was asked for in `styles`.

    The bank's books and the store hold nothing else. The books must be closed (`Rehearsal.settled_bank`):
    what is still under way is not on the bill yet.
    """
    with runtime.record.reading() as session:
        folk = [characters.get(session, each) for each in character_ids]
        books = _Matched(session, bank, character_ids)
        unknown = [call for call in books.calls if call.state is CallState.UNKNOWN]
        complaints = [
            *_still_under_way(bank),
            *books.strangers(),
            *books.amounts_that_differ(),
            *books.assumed_too_low(),
            *_unexplained(books.calls),
            *_unfinished(folk, unknown),
            *_pictures_that_are_not_one_a_style(session, folk, styles),
            *_bytes_that_differ(runtime, session),
        ]
        billed = [entry for entry in bank.entries.values() if entry.billed]
        return Verdict(
            accepted=len(bank.entries),
            billed=len(billed),
            delivered=sum(call.state in DONE for call in books.calls),
            duplicates=sum(count - 1 for count in Counter(map(books.work_of, billed)).values()),
            lost=sum(books.is_lost(entry) for entry in billed),
            unknown_open=len(unknown),
            deleted_but_named=sum(runtime.store.head(key) is None for key in assets.known_keys(session)),
            assumed_paid=len(books.assumed),
            beyond_budget=_beyond(runtime.daily_budget_microusd, billed),
            complaints=tuple(complaints),
            explanations=tuple(
                why for call in unknown if (why := _explanation(call, books.entries_of(call)))
            ),
        )


class _Matched:
    """The bank's entries beside the calls they were made for: every request carries its call's id."""

    def __init__(self, session: Session, bank: Usage, character_ids: list[str]) -> None:
        self._session, self._character_ids = session, character_ids
        self.calls = [call for each in character_ids for call in calls.of_character(session, each)]
        self._by_id = {call.id: call for call in self.calls}
        # An attempt that cost something and was made again is a call of its own: it has kept its id there.
        self._by_provider_id = {call.provider_id: call for call in self.calls if call.provider_id}
        self._entries = list(bank.entries.values())
        self._styles = {
            call.id: prompts.get(session, call.prompt_artifact_id).style
            for call in self.calls
            if call.prompt_artifact_id
        }

        self.assumed = [call for call in self.calls if call.error_code == ASSUMED_PAID]
        self._lost: dict[str, ProviderCall] = {}  # what was not answered, by the call that counts it
        for call in self.assumed:
            whose = call.attempt_of or call.id
            for entry in self._entries:
                known = entry.id in self._by_provider_id or entry.id in self._lost
                if entry.call_id == whose and not known:
                    self._lost[entry.id] = call
                    break

    def entries_of(self, call: ProviderCall) -> list[Entry]:
        return [entry for entry in self._entries if self._call_of(entry) is call]

    def _call_of(self, entry: Entry) -> ProviderCall | None:
        if entry.id in self._lost:
            return self._lost[entry.id]
        return self._by_provider_id.get(entry.id) or self._by_id.get(entry.call_id or "")

    def work_of(self, entry: Entry) -> tuple[object, ...]:
        """What was bought: whose look, or whose picture in which style, under whatever call."""
        call = self._call_of(entry)
        if call is None:
            return (entry.operation, entry.digest)
        if call.error_code == ASSUMED_PAID:
            return (call.error_code, call.id)
        return (call.kind, call.character_id, self._styles.get(call.id))

    def is_lost(self, entry: Entry) -> bool:
        call = self._call_of(entry)
        if call is None:
            return True
        return not (call.state in DONE or call.state is CallState.UNKNOWN or call.error_code == ASSUMED_PAID)

    def strangers(self) -> Iterator[str]:
        """Requests that the record knows nothing of, and results that the bank knows nothing of."""
        for entry in self._entries:
            if self._call_of(entry) is None:
                yield f"the bank accepted a request ({entry.operation}) for a call that is not on record"
        for call in self.calls:
            if call.state in DONE and not any(entry.billed for entry in self.entries_of(call)):
                yield f"a {call.kind.value} call is {call.state.value}, and the bank never billed it"

    def amounts_that_differ(self) -> Iterator[str]:
        """What the ledger says was spent on a character is the bank's bill, to the micro-dollar.

        The price of a call whose outcome is unknown is not known either: its estimate is reserved.
        """
        for character_id in self._character_ids:
            ours = calls.spent_microusd(self._session, character_id=character_id)
            ours -= sum(
                call.actual_microusd or 0 for call in self.assumed if call.character_id == character_id
            )
            bill = sum(
                entry.charge_microusd
                for call in self.calls
                if call.character_id == character_id
                and call.state is not CallState.UNKNOWN
                and call.error_code != ASSUMED_PAID
                for entry in self.entries_of(call)
            )
            if ours != bill:
                yield f"the ledger says that {ours} µ$ were spent, the bank {bill}"

    def assumed_too_low(self) -> Iterator[str]:
        """What was assumed to be paid is at least what the bank has billed for it."""
        booked = sum(call.actual_microusd or 0 for call in self.assumed)
        bill = sum(entry.charge_microusd for entry in self._entries if entry.id in self._lost)
        if booked < bill:
            yield f"{booked} µ$ are assumed to be paid, and the bank has billed {bill}"


def _beyond(budget_microusd: int | None, billed: list[Entry]) -> int:
    """What the bank has billed above the budget; all of it on one day, whatever any machine's clock says."""
    if budget_microusd is None:
        return 0
    return max(0, sum(entry.charge_microusd for entry in billed) - budget_microusd)


def _still_under_way(bank: Usage) -> Iterator[str]:
    waiting = Counter(entry.operation for entry in bank.entries.values() if entry.outcome is None)
    for operation, count in waiting.items():
        yield f"the bank never settled: {count} × {operation} is still under way, and may be billed yet"


def _explanation(call: ProviderCall, entries: list[Entry]) -> str | None:
    """Why nothing but a person can settle this call; None when there is no good reason for it."""
    if call.provider not in WITHOUT_BOOKS or not call.error_sentence or not call.error_code:
        return None  # the others keep books: a call that stays open was not looked for
    bill = "the bank did bill it" if any(entry.billed for entry in entries) else "the bank never got it"
    return (
        f"a {_WHAT[call.kind]} by {call.provider}, which keeps no books to settle it by ({bill}): "
        f"[{call.error_code}] {call.error_sentence}"
    )


def _unexplained(made: list[ProviderCall]) -> Iterator[str]:
    for call in made:
        if call.state is CallState.STORED:
            yield f"a {call.kind.value} call is stored, and nothing names what it brought"
        elif call.state is not CallState.RECORDED and not call.error_sentence:
            yield f"a {call.kind.value} call is {call.state.value} without a word"


def _unfinished(folk: list[Character], unknown: list[ProviderCall]) -> Iterator[str]:
    """A character is ready, or has an open call and says so."""
    waiting = {call.character_id for call in unknown}
    for each in folk:
        if each.status is CharacterStatus.READY:
            continue
        if each.id not in waiting:
            yield f"a character is {each.status.value} ({each.status_reason}) with nothing open"
        elif each.status is not CharacterStatus.NEEDS_ATTENTION or not each.status_sentence:
            yield f"a character is {each.status.value} and tells nobody that it waits for a person"


def _pictures_that_are_not_one_a_style(
    session: Session, folk: list[Character], styles: tuple[str, ...]
) -> Iterator[str]:
    for each in folk:
        drawn = Counter(variant.image.style for variant in images.of_character(session, each.id))
        wanted = Counter(styles if each.status is CharacterStatus.READY else ())
        if drawn - Counter(styles):
            yield f"variants that nobody asked for: {dict(drawn - Counter(styles))}"
        if wanted - drawn:
            yield f"a character is ready without {', '.join(wanted - drawn)}"


def _bytes_that_differ(runtime: Runtime, session: Session) -> Iterator[str]:
    """Every row's bytes are in the store, as they were; and the store holds nothing that no row names."""
    named = {key: assets.by_key(session, key) for key in assets.known_keys(session)}
    kept = {found.key for prefix in NAMED_PREFIXES for found in runtime.store.iterate(prefix)}
    for key, asset in named.items():
        if key not in kept:
            yield f"the bytes of a {asset and asset.kind.value} are not in the store"
        elif asset is not None and hashlib.sha256(runtime.store.get(key)).hexdigest() != asset.sha256:
            yield f"the bytes of a {asset.kind.value} are not those on record"
    for key in kept - named.keys():
        yield f"an object that no row names: {key.partition('/')[0]}"
