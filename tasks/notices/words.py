"""A notice in words, as every channel and page says it. Who it is about is an order number, never a name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from db.called import order_number
from db.models import Notice, NoticeKind
from db.repositories.notices_of_events import CALL_GIVEN_UP
from db.told import Told, told

N = NoticeKind
STUDIO = "/studio"


@dataclass(frozen=True)
class NoticeWords:
    """What a notice says: a title, a sentence with the way on, and the studio's page that it is about."""

    title: Told
    sentence: Told
    path: str


def words_of(notice: Notice, name: str = "") -> NoticeWords:
    """A notice in words; with `name` for pages of the house, which call the character so."""
    who = name or (order_number(notice.character_id) if notice.character_id else "")
    say = _WORDS.get(notice.kind)
    if say is None:
        return NoticeWords(told("Something has happened"), told("Look into the studio."), f"{STUDIO}/today")
    title, sentence = say(who, notice.data)
    return NoticeWords(title, sentence, _path(notice))


def _path(notice: Notice) -> str:
    if notice.character_id:
        return f"{STUDIO}/character?id={notice.character_id}"
    pages = {N.BUDGET_REACHED.value: "costs", N.TEST.value: "today"}
    return f"{STUDIO}/{'batches' if notice.batch_id else pages.get(notice.kind, 'health')}"


def _ready(who: str, _data: Mapping[str, Any]) -> tuple[Told, Told]:
    return told("%(who)s is ready", who=who), told("Every picture that was asked for is there.")


def _refused(who: str, _data: Mapping[str, Any]) -> tuple[Told, Told]:
    return (
        told("%(who)s was refused", who=who),
        told("The provider's safety check said no. The character's page says what can be done."),
    )


def _attention(who: str, data: Mapping[str, Any]) -> tuple[Told, Told]:
    if data.get("reason") == CALL_GIVEN_UP:
        return (
            told("%(who)s needs a person", who=who),
            told(
                "What became of a request to the provider is not known, and is not looked for any more. The "
                "character's page says how to decide it."
            ),
        )
    return (
        told("%(who)s needs a person", who=who),
        told("The run stopped at something that only a person can answer. The character's page says what."),
    )


def _failed(who: str, _data: Mapping[str, Any]) -> tuple[Told, Told]:
    return (
        told("%(who)s failed", who=who),
        told("The run ended without all its pictures. The nightly batch tries again, or try it by hand."),
    )


def _approved(who: str, _data: Mapping[str, Any]) -> tuple[Told, Told]:
    return told("The customer approved %(who)s", who=who), told("A picture was approved by the link.")


def _change(who: str, _data: Mapping[str, Any]) -> tuple[Told, Told]:
    return (
        told("The customer asks for a change of %(who)s", who=who),
        told("The character's page says what is to be changed."),
    )


def _withdrawn(who: str, _data: Mapping[str, Any]) -> tuple[Told, Told]:
    return (
        told("The consent for %(who)s was withdrawn", who=who),
        told("Nothing more is made of this photo. What is kept is erased when its time is over."),
    )


def _batch_done(_who: str, data: Mapping[str, Any]) -> tuple[Told, Told]:
    return told("A batch is done"), _counts(data)


def _batch_failed(_who: str, data: Mapping[str, Any]) -> tuple[Told, Told]:
    return told("A batch failed"), _counts(data)


def _counts(data: Mapping[str, Any]) -> Told:
    return told(
        "%(done)s drawn, %(skipped)s found, %(failed)s failed, %(pending)s left.",
        **{name: int(data.get(name, 0)) for name in ("done", "skipped", "failed", "pending")},
    )


def _missed(_who: str, data: Mapping[str, Any]) -> tuple[Told, Told]:
    left_out = told("A scheduled batch was left out")
    if "hours" not in data:
        return (
            left_out,
            told(
                "Its hour came while another batch was under way. The next night draws what both have left."
            ),
        )
    return (
        left_out,
        told(
            "Its hour came while nothing ran, and it was %(hours)s hours late: more than "
            "STORYKIN_BATCH_MISSED_HOURS allows. The next night draws what it left.",
            hours=data["hours"],
        ),
    )


def _budget(_who: str, data: Mapping[str, Any]) -> tuple[Told, Told]:
    if data.get("of") == "room":
        return (
            told("The budget has no room for all of a batch"),
            told("It goes on as far as there is room. Raise its budget or the day's to have the rest drawn."),
        )
    if data.get("of") == "batch":
        return (
            told("A batch is dearer than its budget"),
            told("Nothing was spent. Lower its limit, choose fewer styles, or give it a larger budget."),
        )
    return (
        told("The budget is used up"),
        told("What costs money waits until there is room again, or until somebody raises the budget."),
    )


def _sunset(_who: str, data: Mapping[str, Any]) -> tuple[Told, Told]:
    return (
        told("%(model)s is switched off on %(day)s", model=data.get("model", "?"), day=data.get("day", "?")),
        told(
            "Choose its successor before then: `storykin doctor` names it. Calls after that day are refused."
        ),
    )


def _outage(_who: str, data: Mapping[str, Any]) -> tuple[Told, Told]:
    return (
        told("%(provider)s does not answer", provider=data.get("provider", "?")),
        told("Five requests in a row failed. Nothing is sent for a while, then it is tried again by itself."),
    )


def _worker(_who: str, data: Mapping[str, Any]) -> tuple[Told, Told]:
    if data.get("part"):
        return (
            told("The %(part)s stopped by itself and was started again", part=data["part"]),
            told("Nothing is lost, and runs go on by themselves. `storykin doctor` says more."),
        )
    return (
        told("A worker was lost"),
        told("Nothing is lost, and its runs go on by themselves. `storykin doctor` says more."),
    )


def _backup(_who: str, _data: Mapping[str, Any]) -> tuple[Told, Told]:
    return (
        told("The daily backup failed"),
        told(
            "The older backups are as they were. It is tried again every ten minutes; `storykin doctor` "
            "says why."
        ),
    )


def _damaged(_who: str, _data: Mapping[str, Any]) -> tuple[Told, Told]:
    return (
        told("Something in the picture store is damaged"),
        told(
            "It is not shown or used. `storykin doctor` names it; bring it back from a backup of the store."
        ),
    )


def _test(_who: str, _data: Mapping[str, Any]) -> tuple[Told, Told]:
    return told("A test of Storykin's notices"), told("Somebody asked for this. Nothing has happened.")


_WORDS: Mapping[str, Callable[[str, Mapping[str, Any]], tuple[Told, Told]]] = MappingProxyType(
    {
        N.CHARACTER_READY: _ready,
        N.CHARACTER_REFUSED: _refused,
        N.CHARACTER_NEEDS_ATTENTION: _attention,
        N.CHARACTER_FAILED: _failed,
        N.CUSTOMER_APPROVED: _approved,
        N.CUSTOMER_CHANGE: _change,
        N.CONSENT_WITHDRAWN: _withdrawn,
        N.BATCH_DONE: _batch_done,
        N.BATCH_FAILED: _batch_failed,
        N.BATCH_MISSED: _missed,
        N.BUDGET_REACHED: _budget,
        N.MODEL_SUNSET: _sunset,
        N.PROVIDER_OUTAGE: _outage,
        N.WORKER_LOST: _worker,
        N.BACKUP_FAILED: _backup,
        N.STORE_DAMAGED: _damaged,
        N.TEST: _test,
    }
)
