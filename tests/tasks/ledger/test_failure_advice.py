"""After every failure of a paid call a person reads whether money was spent, how much, and what is next."""

import pytest

from db.models import CallKind, CallState
from tasks.errors import (
    CallFailed,
    LeaseLost,
    NotReady,
    NotSent,
    OutcomeUnknown,
    OutputLost,
    OverBudget,
    Refused,
    StorykinError,
)
from tasks.ledger.failure_advice import CallContext, failure_advice, repeat_advice
from tasks.providers.http.guarded_fetch import OutputRefused, OutputWithheld

PICTURE = CallContext(CallKind.IMAGE, 67_000, CallState.SENDING, has_history=True)
LOOK = CallContext(CallKind.VISION, 5_000, CallState.SENDING)
CHEAP_LOOK = CallContext(CallKind.VISION, 5_000, CallState.SENDING, may_be_assumed=True)
ORDERED = CallContext(CallKind.IMAGE, 67_000, CallState.ACCEPTED, has_history=True)
DELIVERED = CallContext(CallKind.IMAGE, 67_000, CallState.DELIVERED, has_history=True, cost_microusd=67_000)


@pytest.mark.parametrize(
    ("error", "context", "said"),
    [
        (OutcomeUnknown("?"), PICTURE, ("$0.067 is reserved", "provider's books", "Costs page")),
        (OutcomeUnknown("?"), LOOK, ("$0.005 is reserved", "a person settles it on the Costs page")),
        (OutcomeUnknown("?"), CHEAP_LOOK, ("$0.005 is reserved", "soon booked as paid", "again by itself")),
        (NotSent("?"), PICTURE, ("Nothing was spent", "Try again")),
        (NotReady("?"), ORDERED, ("It is ordered, for about $0.067", "not bought twice")),
        (OutputWithheld("?"), DELIVERED, ("It is paid for ($0.067)", "not bought twice")),
        (OutputRefused("?"), DELIVERED, ("It cost $0.067", "if you try again, that costs about $0.067")),
        (CallFailed("?"), ORDERED, ("Nothing was charged", "Try again")),
        (CallFailed("?", code="insufficient_credit"), PICTURE, ("Nothing was charged", "Top the account up")),
        (CallFailed("?", code="unauthorized"), LOOK, ("Nothing was charged", "doctor")),
        (CallFailed("?", charged_microusd=67_000), ORDERED, ("It cost $0.067", "costs about $0.067")),
        (CallFailed("?"), DELIVERED, ("It cost $0.067", "not bought again by itself")),
        (OutputLost("?"), DELIVERED, ("It cost $0.067", "on the Costs page; that costs about $0.067")),
        (Refused("?", charged_microusd=0), ORDERED, ("Nothing was charged", "use another photo, or another")),
        (
            Refused("?"),
            PICTURE,
            ("does not say whether that is charged", "use another photo, or another style"),
        ),
        (Refused("?", charged_microusd=398), LOOK, ("It cost $0.000398", "use another one")),
    ],
)
def test_every_failure_says_what_it_cost_and_what_may_be_done(
    error: StorykinError, context: CallContext, said: tuple[str, ...]
) -> None:
    words = failure_advice(error, context)
    assert all(part in words for part in said), words


def test_a_look_that_the_machine_settles_is_not_said_to_wait_for_a_person() -> None:
    assert "not sent again" not in failure_advice(OutcomeUnknown("?"), CHEAP_LOOK)
    assert "soon booked" not in failure_advice(OutcomeUnknown("?"), LOOK)


@pytest.mark.parametrize("error", [LeaseLost("?"), OverBudget("?")])
def test_what_says_it_all_already_is_left_alone(error: StorykinError) -> None:
    assert failure_advice(error, PICTURE) == ""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Refused("?"), "not asked again, and nothing more was charged"),
        (OutcomeUnknown("?"), "$0.067 is reserved"),
        (OutputLost("?"), "on the Costs page; that costs about $0.067"),
        (CallFailed("?", code="written_off"), "on the Costs page; that costs about $0.067"),
    ],
)
def test_what_has_ended_says_why_it_was_not_sent_again(error: StorykinError, said: str) -> None:
    assert said in repeat_advice(error, PICTURE)


def test_a_sentence_goes_on() -> None:
    error = CallFailed("It failed.")
    error.add("Nothing was charged.")
    error.add("")
    assert (error.sentence, str(error)) == ("It failed. Nothing was charged.",) * 2
