"""What happened to a character, told briefly: one line a thing, by run, the newest run first.

Within a run, and between runs, lines are in the order in which things happened.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from db.engine import Session
from db.event_kinds import EventKind, RunStep
from db.models import Event, ProviderCall
from db.repositories import users
from ui.handlers.character_costs import reserved_microusd
from ui.i18n import N_, _, said
from ui.views.detail import Moment, RunMoments
from ui.views.pictures import style_label

# Starts are left out: the end of a step says as much, with its seconds.
_QUIET = frozenset({EventKind.STEP_STARTED})
_OF_A_PICTURE = frozenset(
    {
        EventKind.VARIANT_RECORDED,
        EventKind.VARIANT_SELECTED,
        EventKind.VARIANT_UNSELECTED,
        EventKind.VARIANT_APPROVED,
        EventKind.VARIANT_REJECTED,
        EventKind.VARIANT_LOCKED,
        EventKind.VARIANT_PROPOSED,
        EventKind.VARIANT_UNDONE,
    }
)

_BAD = frozenset({EventKind.STEP_FAILED, EventKind.CHARACTER_FAILED, EventKind.CHARACTER_NEEDS_ATTENTION})
_GOOD = frozenset({EventKind.CHARACTER_READY, EventKind.VARIANT_RECORDED})
_NOBODY = frozenset({"system", ""})
_WAYS = {"operator": N_("at the studio"), "command line": N_("on the command line")}
_ASKED = {
    "operator": N_("asked for at the studio"),
    "command line": N_("asked for on the command line"),
}


def timeline_of(past: Sequence[Event], names: Mapping[str, str] | None = None) -> tuple[Moment, ...]:
    """The events as lines, newest first whatever the order they came in; `names` of users by their ids."""
    newest_first = sorted(_shown(past), key=lambda event: (event.created_at, event.id), reverse=True)
    return tuple(_moment(event, names or {}) for event in newest_first)


def runs_of(
    past: Sequence[Event],
    names: Mapping[str, str] | None = None,
    costs: Mapping[str, int] | None = None,
) -> tuple[RunMoments, ...]:
    """The events by run, newest first; what was done between two runs stands between them.

    `costs` are what runs have cost, by their tokens, in micro-dollars.
    """
    in_order = sorted(_shown(past), key=lambda event: (event.created_at, event.id))
    groups: list[tuple[str, list[Event]]] = []
    of_run: dict[str, list[Event]] = {}
    for event in in_order:
        token = event.run_token or ""
        if token and token in of_run:
            of_run[token].append(event)  # also what comes late: a call that was settled the next day
        elif not token and groups and not groups[-1][0]:
            groups[-1][1].append(event)
        else:
            groups.append((token, [event]))
            if token:
                of_run[token] = groups[-1][1]
    return tuple(
        _group(token, events, names or {}, (costs or {}).get(token)) for token, events in reversed(groups)
    )


def names_of(session: Session, past: Sequence[Event]) -> Mapping[str, str]:
    """The names of the people who did what is told here, by their ids."""
    return {each.id: each.name for each in users.by_ids(session, {event.actor for event in past})}


def costs_of(past: Sequence[Event], made: Sequence[ProviderCall]) -> Mapping[str, int]:
    """What each run has cost, by its token, in micro-dollars, with what is reserved: of the calls that left
    between its first moment and that of the next run. A run whose calls had no price is not named.
    """
    began: dict[str, datetime] = {}
    for event in past:
        if event.run_token:
            began[event.run_token] = min(event.created_at, began.get(event.run_token, event.created_at))
    newest_first = sorted(began.items(), key=lambda each: each[1], reverse=True)
    costs: dict[str, int] = {}
    for call in made:
        price = call.actual_microusd or reserved_microusd(call)
        if call.sent_at is not None and price:
            token = next((token for token, at in newest_first if at <= call.sent_at), None)
            if token is not None:
                costs[token] = costs.get(token, 0) + price
    return costs


def _shown(past: Sequence[Event]) -> list[Event]:
    return [event for event in past if event.kind not in _QUIET and not _is_redundant(event)]


def _group(token: str, events: Sequence[Event], names: Mapping[str, str], cost: int | None) -> RunMoments:
    asked = next((event for event in events if event.kind == EventKind.RUN_ASKED), None)
    styles = [style_label(each) for each in (asked.data.get("styles") or [])] if asked else []
    if not token:
        title = _("Between runs")
    elif styles:
        title = _("Run: %(styles)s", styles=", ".join(styles))
    else:
        title = _("Run of a batch")
    return RunMoments(
        title=title,
        asked=_asked(asked, names) if asked else "",
        began=events[0].created_at,
        ended=events[-1].created_at,
        cost_microusd=cost,
        moments=tuple(_moment(event, names) for event in events),
        is_run=bool(token),
    )


def _moment(event: Event, names: Mapping[str, str]) -> Moment:
    return Moment(event.created_at, _message(event), _tone(event), _detail(event), _who(event, names))


def _who(event: Event, names: Mapping[str, str]) -> str:
    """Who did it, by name where that is known; "" for what happened by itself."""
    if event.actor in _NOBODY:
        return ""
    if event.actor in names:
        return names[event.actor]
    return _(_WAYS[event.actor]) if event.actor in _WAYS else ""


def _asked(event: Event, names: Mapping[str, str]) -> str:
    if event.actor in _ASKED:
        return _(_ASKED[event.actor])
    who = _who(event, names)
    return _("asked for by %(who)s", who=who) if who else ""


def _is_redundant(event: Event) -> bool:
    """Saving a picture is told by the picture itself."""
    return event.kind == EventKind.STEP_FINISHED and event.data.get("step") == RunStep.SAVE


def _message(event: Event) -> str:
    style, told = event.data.get("style"), event.data
    if event.kind in _OF_A_PICTURE and isinstance(style, str):
        return _(EventKind(event.kind).sentence).format(style=style_label(style))
    if event.kind == EventKind.STEP_FAILED and isinstance(style, str):
        return f"{style_label(style)}: {said(event.message)}"
    if event.kind == EventKind.RUN_ASKED and told.get("styles"):
        return _(EventKind.RUN_ASKED.sentence).format(style=", ".join(map(style_label, told["styles"])))
    if event.kind == EventKind.CHARACTER_STYLES and {"added", "withdrawn"} <= told.keys():
        added = [_("%(style)s ordered", style=style_label(each)) for each in told["added"]]
        gone = [_("%(style)s no longer ordered", style=style_label(each)) for each in told["withdrawn"]]
        return ", ".join(added + gone)
    if event.kind == EventKind.PROFILE_CORRECTED and told.get("changed"):
        what = ", ".join(map(_trait, event.message.partition(": ")[2].split(", ")))
        return _(EventKind.PROFILE_CORRECTED.sentence).format(version=told.get("version", ""), what=what)
    return said(event.message)


def _trait(label: str) -> str:
    """A trait's label, which the record has in small letters."""
    translated = said(label.capitalize())
    return label if translated == label.capitalize() else translated


def _tone(event: Event) -> str:
    if event.kind in _BAD:
        return "bad"
    if event.kind in _GOOD:
        return "good"
    return "" if event.actor in _NOBODY else "person"


def _detail(event: Event) -> str:
    seconds, reason = event.data.get("seconds"), event.data.get("reason")
    parts = [
        f"{seconds:.1f} s" if isinstance(seconds, int | float) else "",
        _("code %(code)s", code=event.data["code"]) if event.data.get("code") else "",
        said(reason) if event.kind == EventKind.VARIANT_REJECTED and isinstance(reason, str) else "",
    ]
    return " · ".join(part for part in parts if part)
