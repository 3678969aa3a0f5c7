"""Reads the bank, the record and the store, and says in one line whether the promise was kept."""

from collections import Counter
from dataclasses import dataclass, field

from db.models import CallState, ProviderCall
from db.repositories import assets, calls, characters, images
from tasks.workshop import Workshop
from ui.rehearsal.bank import Books

DONE = {CallState.STORED, CallState.RECORDED}


@dataclass(frozen=True)
class Verdict:
    """What the bank, the record and the store say together."""

    accepted: int
    billed: int
    delivered: int
    duplicates: int  # bills for work that was billed before
    lost: int  # bills for work that we neither have nor know to be open
    unknown_open: int  # possibly paid, waiting for a person, each with its sentence
    complaints: tuple[str, ...] = field(default=())  # what does not add up otherwise

    @property
    def kept(self) -> bool:
        """Whether nothing was paid twice, nothing was lost, and everything else is explained."""
        return not (self.duplicates or self.lost or self.complaints)

    def line(self) -> str:
        """The one line."""
        counts = (
            f"accepted {self.accepted} / billed {self.billed} / delivered {self.delivered} / "
            f"duplicates {self.duplicates} / lost {self.lost} / unknown-open {self.unknown_open}"
        )
        return f"{counts}{'' if self.kept else '  ✗ ' + '; '.join(self.complaints)}"

    def __add__(self, other: "Verdict") -> "Verdict":
        return Verdict(
            self.accepted + other.accepted,
            self.billed + other.billed,
            self.delivered + other.delivered,
            self.duplicates + other.duplicates,
            self.lost + other.lost,
            self.unknown_open + other.unknown_open,
            self.complaints + other.complaints,
        )


NOTHING = Verdict(0, 0, 0, 0, 0, 0)


def check(tools: Workshop, bank: Books, character_ids: list[str]) -> Verdict:
    """The verdict on everything that was done for these characters; the bank's books hold nothing else."""
    with tools.record.reading() as session:
        made = [call for each in character_ids for call in calls.of_character(session, each)]
        complaints = [
            *_unexplained(made),
            *_missing_bytes(tools, character_ids),
            *_unfinished(tools, character_ids),
        ]
    work: Counter[str] = Counter()
    lost = 0
    by_id = {call.id: call for call in made}
    looks = [call for call in made if call.kind.value == "vision"]
    for entry in bank.entries.values():
        if not entry.billed:
            continue
        # A picture's request carries our call's id; a look is known by what was asked.
        work[entry.call_id or entry.digest] += 1
        owners = [by_id[entry.call_id]] if entry.call_id in by_id else looks
        if not any(call.state in DONE or call.state is CallState.UNKNOWN for call in owners):
            lost += 1
    return Verdict(
        accepted=len(bank.entries),
        billed=sum(work.values()),
        delivered=sum(call.state in DONE for call in made),
        duplicates=sum(count - 1 for count in work.values()),
        lost=lost,
        unknown_open=sum(call.state is CallState.UNKNOWN for call in made),
        complaints=tuple(complaints),
    )


def _unexplained(made: list[ProviderCall]) -> list[str]:
    return [
        f"a call is {call.state.value} without a word"
        for call in made
        if call.state not in DONE and not call.error_sentence
    ]


def _missing_bytes(tools: Workshop, character_ids: list[str]) -> list[str]:
    missing = []
    with tools.record.reading() as session:
        for character_id in character_ids:
            for variant in images.of_character(session, character_id):
                kept = tools.store.head(assets.get(session, variant.image.asset_id).storage_key)
                if kept is None or kept.sha256 != variant.asset.sha256:
                    missing.append("a variant's bytes are not in the store")
    return missing


def _unfinished(tools: Workshop, character_ids: list[str]) -> list[str]:
    """A character is ready, or says why not."""
    with tools.record.reading() as session:
        found = [characters.get(session, each) for each in character_ids]
    return [
        f"a character is {each.status.value} and says nothing"
        for each in found
        if each.status.value != "ready" and not each.status_sentence
    ]
