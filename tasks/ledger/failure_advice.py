"""What a failure means for the person who reads of it: was money spent, how much, and what comes next."""

from dataclasses import dataclass

from db.models import CallKind, CallState
from tasks.amounts import dollars, rough_dollars
from tasks.errors import (
    CallFailed,
    LeaseLost,
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
class CallContext:
    """What the advice on a failed call depends on: what it was to buy, for how much, and how far it came."""

    kind: CallKind
    estimate_microusd: int
    state: CallState  # before it failed
    has_history: bool = False  # the provider can be asked later what became of a request
    cost_microusd: int | None = None  # known since the result was delivered
    may_be_assumed: bool = False  # lost, it may be booked as paid and asked for again by the machine


def failure_advice(error: StorykinError, context: CallContext) -> str:
    """What to add to the sentence of `error`; "" where nothing is to be added."""
    if isinstance(error, LeaseLost | OverBudget):
        return ""
    if isinstance(error, NotSent | NotReady | StoreError):
        bought = isinstance(error, NotReady) or context.state not in _NOT_BOUGHT
        return _to_be_fetched(context) if bought else NOT_SPENT
    if isinstance(error, OutcomeUnknown):
        return _unknown(context)
    if isinstance(error, Refused | PhotoRefused):
        return f"{_charged(error, context)} {_after_refusal(context)}"
    if isinstance(error, CallFailed | OutputLost):
        return f"{_charged(error, context)} {_after_failure(error, context)}"
    return ""


def repeat_advice(error: StorykinError, context: CallContext) -> str:
    """What to add when work that has come to its end is asked for once more, and was not sent."""
    if isinstance(error, Refused):
        return f"It was not asked again, and nothing more was charged. {_after_refusal(context)}"
    if isinstance(error, OutcomeUnknown):
        return _unknown(context)
    if isinstance(error, OutputLost | CallFailed):
        return _needs_a_person(context)
    return ""


def _to_be_fetched(context: CallContext) -> str:
    if context.state is CallState.DELIVERED and context.cost_microusd is not None:
        state = f"paid for ({dollars(context.cost_microusd)})"
    else:
        state = f"ordered, for about {rough_dollars(context.estimate_microusd)}"
    return f"It is {state}, and is not bought twice: try again in a few minutes."


def _unknown(context: CallContext) -> str:
    kept = f"{dollars(context.estimate_microusd)} is reserved for it"
    if context.has_history:
        found = "Storykin looks for it in the provider's books; the Costs page shows what it finds."
        return f"{kept}; it is not sent again by itself. {found}"
    no_history = "The provider has no books to look in:"
    if context.may_be_assumed:
        soon = "it is soon booked as paid, and the photo looked at again by itself, a number of times a day."
        return f"{kept}. {no_history} {soon} Beyond that a person settles it on the Costs page."
    return f"{kept}; it is not sent again by itself. {no_history} a person settles it on the Costs page."


def _charged(error: StorykinError, context: CallContext) -> str:
    if isinstance(error, Refused) and error.charged_microusd is None:
        return "The provider does not say whether that is charged; its bill does."
    charged = _charged_microusd(error, context)
    return f"It cost {dollars(charged)} all the same." if charged else "Nothing was charged."


def _charged_microusd(error: StorykinError, context: CallContext) -> int:
    if context.state is CallState.DELIVERED and context.cost_microusd is not None:
        return context.cost_microusd  # what was delivered has its price already
    charged: int | None = getattr(error, "charged_microusd", None)
    return charged or 0


def _after_refusal(context: CallContext) -> str:
    if context.kind is CallKind.VISION:
        return "The same photo would be refused again: use another one."
    return "The same request would be refused again: use another photo, or another style."


def _after_failure(error: StorykinError, context: CallContext) -> str:
    if isinstance(error, OutputLost):
        return _needs_a_person(context)
    if _charged_microusd(error, context):
        return _buys_again(context)
    if error.code in _NO_CREDIT:
        return "Top the account up, then try again."
    if error.code in _OUR_SETTINGS:
        return "Put that right (storykin doctor helps), then try again."
    return "Try again in a few minutes."


def _buys_again(context: CallContext) -> str:
    price = rough_dollars(context.estimate_microusd)
    return f"It is not bought again by itself; if you try again, that costs about {price}."


def _needs_a_person(context: CallContext) -> str:
    price = rough_dollars(context.estimate_microusd)
    return f"It is not bought again unless a person lets it be on the Costs page; that costs about {price}."
