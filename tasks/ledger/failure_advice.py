"""What a failure means for the person who reads of it: was money spent, how much, and what comes next."""

from dataclasses import dataclass

from db.models import CallKind, CallState
from tasks.amounts import dollars, rough_dollars
from tasks.errors import (
    CallFailed,
    LostLease,
    NotReady,
    NotSent,
    OutcomeUnknown,
    OutputLost,
    OverBudget,
    PhotoRefused,
    Refused,
    StoreError,
    StorykinError,
)

_NO_CREDIT = {"insufficient_credit", "insufficient_quota"}
_OUR_SETTINGS = {"unauthorized", "model_not_found", "unexpected_answer", "invalid_input"}
NOT_SPENT = "Nothing was spent. Try again in a few minutes."
_NOT_BOUGHT = (CallState.CLAIMED, CallState.SENDING)


@dataclass(frozen=True)
class Stake:
    """What was at stake in a paid call: what it was to buy, for how much, and how far it came."""

    kind: CallKind
    estimate_microusd: int
    state: CallState  # before it failed
    keeps_books: bool = False  # the provider can be asked later what became of a request
    cost_microusd: int | None = None  # known since the result was delivered
    may_be_assumed: bool = False  # lost, it may be booked as paid and asked for again by the machine


def consequence(error: StorykinError, stake: Stake) -> str:
    """What to add to the sentence of `error`; "" where nothing is to be added."""
    if isinstance(error, LostLease | OverBudget):
        return ""
    if isinstance(error, NotSent | NotReady | StoreError):
        bought = isinstance(error, NotReady) or stake.state not in _NOT_BOUGHT
        return _to_be_fetched(stake) if bought else NOT_SPENT
    if isinstance(error, OutcomeUnknown):
        return _unknown(stake)
    if isinstance(error, Refused | PhotoRefused):
        return f"{_charged(error, stake)} {_after_refusal(stake)}"
    if isinstance(error, CallFailed | OutputLost):
        return f"{_charged(error, stake)} {_after_failure(error, stake)}"
    return ""


def again(error: StorykinError, stake: Stake) -> str:
    """What to add when work that has come to its end is asked for once more, and was not sent."""
    if isinstance(error, Refused):
        return f"It was not asked again, and nothing more was charged. {_after_refusal(stake)}"
    if isinstance(error, OutcomeUnknown):
        return _unknown(stake)
    if isinstance(error, OutputLost | CallFailed):
        return _needs_a_person(stake)
    return ""


def _to_be_fetched(stake: Stake) -> str:
    if stake.state is CallState.DELIVERED and stake.cost_microusd is not None:
        state = f"paid for ({dollars(stake.cost_microusd)})"
    else:
        state = f"ordered, for about {rough_dollars(stake.estimate_microusd)}"
    return f"It is {state}, and is not bought twice: try again in a few minutes."


def _unknown(stake: Stake) -> str:
    kept = f"{dollars(stake.estimate_microusd)} is reserved for it"
    if stake.keeps_books:
        found = "Storykin looks for it in the provider's books; the Costs page shows what it finds."
        return f"{kept}; it is not sent again by itself. {found}"
    no_books = "The provider has no books to look in:"
    if stake.may_be_assumed:
        soon = "it is soon booked as paid, and the photo looked at again by itself, a number of times a day."
        return f"{kept}. {no_books} {soon} Beyond that a person settles it on the Costs page."
    return f"{kept}; it is not sent again by itself. {no_books} a person settles it on the Costs page."


def _charged(error: StorykinError, stake: Stake) -> str:
    charged = _charged_microusd(error, stake)
    return f"It cost {dollars(charged)} all the same." if charged else "Nothing was charged."


def _charged_microusd(error: StorykinError, stake: Stake) -> int:
    if stake.state is CallState.DELIVERED and stake.cost_microusd is not None:
        return stake.cost_microusd  # what was delivered has its price already
    charged: int | None = getattr(error, "charged_microusd", None)
    return charged or 0


def _after_refusal(stake: Stake) -> str:
    if stake.kind is CallKind.VISION:
        return "The same photo would be refused again: use another one."
    return "The same request would be refused again: use another photo, or another style."


def _after_failure(error: StorykinError, stake: Stake) -> str:
    if isinstance(error, OutputLost):
        return _needs_a_person(stake)
    if _charged_microusd(error, stake):
        return _buys_again(stake)
    if error.code in _NO_CREDIT:
        return "Top the account up, then try again."
    if error.code in _OUR_SETTINGS:
        return "Put that right (storykin doctor helps), then try again."
    return "Try again in a few minutes."


def _buys_again(stake: Stake) -> str:
    price = rough_dollars(stake.estimate_microusd)
    return f"It is not bought again by itself; if you try again, that costs about {price}."


def _needs_a_person(stake: Stake) -> str:
    price = rough_dollars(stake.estimate_microusd)
    return f"It is not bought again unless a person lets it be on the Costs page; that costs about {price}."
