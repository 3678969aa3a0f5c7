"""`storykin costs`: what the calls have cost, as a person reads it, as JSON, or call by call as CSV.

Characters are named by their ids alone: a list of costs goes to people who need no child's name.
"""

import csv
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from db.days import day_of, days_up_to
from db.engine import Record, Session, record
from db.models import CallState
from db.record_state import require_current
from db.repositories import call_sums
from db.repositories.call_sums import CallSum
from tasks.amounts import dollars, microusd
from tasks.ledger.budget import spending_today, today
from tasks.ledger.sum_audit import audit_sums, count_anew
from tasks.runtime import current_runtime
from tasks.settings import provider_settings
from ui.cli.output import print_document

DONE, DIFFERENT = 0, 1
DAYS = 14
COLUMNS = (
    "id",
    "created_at",
    "sent_at",
    "kind",
    "style",
    "character_id",
    "provider",
    "model",
    "provider_id",
    "state",
    "attempts",
    "estimate_microusd",
    "known_microusd",
    "reserved_microusd",
    "error_code",
    "day",
)


def costs(*, as_json: bool, as_csv: bool) -> int:
    """Print what everything has cost. Nothing is asked of any provider."""
    require_current()
    known = record()
    if as_csv:
        _print_calls(known)
    elif as_json:
        with known.reading() as session:
            print_document(_document(session))
    else:
        with known.reading() as session:
            _print_sums(_document(session))
    return DONE


def audit(*, anew: bool) -> int:
    """Add every sum up again from the calls, or have it made `anew`; 1 where sums differ."""
    require_current()
    runtime = current_runtime()
    outcome = count_anew(runtime) if anew else audit_sums(runtime)
    if outcome.agrees:
        print(f"{outcome.calls} calls were added up again: every sum comes to the same.")
        return DONE
    print(
        f"{outcome.calls} calls were added up again: {outcome.different} sums differ. "
        "`storykin costs --count-anew` makes them anew; please report it."
    )
    return DIFFERENT


def _document(session: Session) -> dict[str, Any]:
    """Every sum in micro-dollars: today, the last days by provider, by style and by state, and in all."""
    used = spending_today(session)
    budget = microusd(provider_settings().daily_budget_usd)
    days = call_sums.by_day(session, days_up_to(today(session), DAYS, provider_settings().zone))
    styles = call_sums.by_style(session)
    return {
        "timezone": provider_settings().timezone,
        "today": {
            "known_microusd": used.spent_microusd,
            "reserved_microusd": used.reserved_microusd,
            "budget_microusd": budget,
        },
        "days": [{"day": str(each.day), "provider": each.provider} | _sums(each.sum) for each in days],
        "styles": [{"kind": each.kind.value, "style": each.style} | _sums(each.sum) for each in styles],
        "states": {
            state.value: _sums(each) for state, each in call_sums.by_state(session).items() if each.calls
        },
        "total": _sums(call_sums.total(session)),
    }


def _sums(each: CallSum) -> dict[str, int]:
    return {
        "calls": each.calls,
        "known_microusd": each.spent_microusd,
        "reserved_microusd": each.reserved_microusd,
    }


def _print_sums(document: Mapping[str, Any]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    spending, total = document["today"], document["total"]
    budget = spending["budget_microusd"]
    limit = f" of {dollars(budget)}" if budget is not None else ""
    used = spending["known_microusd"] + spending["reserved_microusd"]
    console.print(
        f"Today ({document['timezone']}): {dollars(used)}{limit}, "
        f"{dollars(spending['reserved_microusd'])} of it reserved"
    )
    if not total["calls"]:
        console.print("Nothing was asked of a provider yet.")
        return
    console.print(
        _table("By day", [(f"{each['day']}  {each['provider']}", each) for each in document["days"]])
    )
    console.print(_table("By style", [(_style(each), each) for each in document["styles"]]))
    states = [(state.replace("_", " "), each) for state, each in document["states"].items()]
    console.print(_table("By state", [*states, ("all", total)]))
    waiting = document["states"].get(CallState.UNKNOWN.value)
    if waiting:
        console.print(
            f"{waiting['calls']} possibly paid, {dollars(waiting['reserved_microusd'])}: only a look "
            "that is cheap enough is booked as paid and taken again by itself. The studio's Costs page says "
            "what is known of each, and settles it."
        )


def _style(each: Mapping[str, Any]) -> str:
    return "look at the photo" if each["kind"] == "vision" else each["style"] or "(prompt erased)"


def _table(title: str, lines: list[tuple[str, Mapping[str, int]]]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for heading in ("calls", "known", "reserved"):
        table.add_column(heading, justify="right")
    for name, each in lines:
        amounts = (dollars(each["known_microusd"]), dollars(each["reserved_microusd"]))
        table.add_row(name, str(each["calls"]), *amounts)
    return table


def _print_calls(known: Record) -> None:
    """Every call, newest first, one line each under a line of headings."""
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(COLUMNS)
    with known.reading() as session:
        for call in call_sums.every(session):
            out.writerow([*(_cell(getattr(call, column)) for column in COLUMNS[:-1]), _day(call.sent_at)])


def _day(sent_at: datetime | None) -> str:
    """The day on whose budget the call is, as the setting of the time zone has it."""
    return str(day_of(sent_at, provider_settings().zone).date) if sent_at else ""


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if hasattr(value, "isoformat") else str(getattr(value, "value", value))
