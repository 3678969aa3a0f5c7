"""`storykin doctor`: every part looked at, each with what it means and what to do."""

import sys

from rich.console import Console
from rich.text import Text

from tasks.amounts import microusd
from tasks.errors import UsageError
from ui.cli.output import print_document
from ui.diagnosis.check_result import CheckResult, Level
from ui.diagnosis.every_check import every_result
from ui.diagnosis.live import live_checks

DONE, FAILED = 0, 1
USUAL_CAP_USD = 0.10

_MARKS = {Level.OK: ("✓ ", "green"), Level.WARNING: ("! ", "yellow"), Level.PROBLEM: ("✗ ", "red")}


def doctor(*, as_json: bool, live: bool = False, spend_usd: float = USUAL_CAP_USD) -> int:
    """Check everything; 0 when nothing is broken, 1 when something needs a hand.

    Raises OverBudget when `live` may cost more than `spend_usd`; then nothing was asked of any provider.
    """
    if not 0 <= spend_usd < 1000:  # also what is no number
        raise UsageError("Give --spend an amount in dollars, such as 0.10.", code="bad_amount")
    extra = live_checks(microusd(spend_usd) or 0) if live else {}
    remarks = every_result(extra)
    if as_json:
        print_document([each.document() for each in remarks])
    else:
        _print(remarks)
    return DONE if all(each.ok for each in remarks) else FAILED


def _print(remarks: list[CheckResult]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for each in remarks:
        console.print(Text.assemble(_MARKS[each.level], (f"{each.name:<14} ", "bold"), each.sentence))
    if not all(each.ok for each in remarks):
        print("storykin: doctor: something needs a hand; see the lines marked ✗.", file=sys.stderr)
