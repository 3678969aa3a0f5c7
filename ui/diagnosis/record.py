"""The database: reachable, up to date, writable; and what it says of money."""

from collections.abc import Iterator

from db.engine import record
from db.migrate import is_current
from db.record_state import RecordBehind, RecordMissing, require_current
from db.repositories import calls
from db.told import told
from tasks.amounts import dollars, microusd
from tasks.ledger.budget import spending_today
from tasks.settings import provider_settings
from ui.diagnosis.check_result import CheckResult, ok, problem, warning

NEARLY_SPENT = 0.8  # of the day's budget


def tables() -> Iterator[CheckResult]:
    """Whether the database answers, has its tables and can be written to. Raises RecordError."""
    try:
        require_current()
    except (RecordMissing, RecordBehind) as error:
        yield problem("record", error.sentence)
        return
    with record().writing():
        pass  # it let us in, as a writer
    yield ok("record", "The database answers, its tables are up to date and it can be written to.")


def money() -> Iterator[CheckResult]:
    """What today has cost, what the budget leaves, and what is possibly paid. Raises RecordError."""
    if not is_current():
        return  # told by the look at the tables
    chosen = provider_settings()
    with record().reading() as session:
        today, open_calls = spending_today(session), calls.unknown(session)
    used, budget = today.total_microusd, microusd(chosen.daily_budget_usd)
    spent, reserved = dollars(today.spent_microusd), dollars(today.reserved_microusd)
    most, zone = dollars(budget or 0), chosen.timezone
    if budget is not None and used >= budget:
        yield warning(
            "money",
            told(
                "Today %(spent)s spent and %(reserved)s reserved, of a budget of %(most)s: nothing more is "
                "bought until midnight (%(zone)s) or until STORYKIN_DAILY_BUDGET_USD is raised.",
                spent=spent,
                reserved=reserved,
                most=most,
                zone=zone,
            ),
        )
    elif budget is not None and used >= NEARLY_SPENT * budget:
        yield warning(
            "money",
            told(
                "Today %(spent)s spent and %(reserved)s reserved, of a budget of %(most)s: it is nearly "
                "used up.",
                spent=spent,
                reserved=reserved,
                most=most,
            ),
        )
    elif budget is not None:
        yield ok(
            "money",
            told(
                "Today %(spent)s spent and %(reserved)s reserved, of a budget of %(most)s.",
                spent=spent,
                reserved=reserved,
                most=most,
            ),
        )
    elif chosen.charges:
        yield warning(
            "money",
            told(
                "Today %(spent)s spent and %(reserved)s reserved, without a limit: set "
                "STORYKIN_DAILY_BUDGET_USD to have one.",
                spent=spent,
                reserved=reserved,
            ),
        )
    else:
        yield ok(
            "money",
            told(
                "Today %(spent)s spent and %(reserved)s reserved; what looks and draws here costs nothing.",
                spent=spent,
                reserved=reserved,
            ),
        )
    if open_calls:
        yield warning(
            "money",
            told(
                "Calls that are possibly paid, because no answer came: %(count)s. Housekeeping looks for "
                "evidence every few minutes; what it can't find waits for you in the studio.",
                count=len(open_calls),
            ),
        )
