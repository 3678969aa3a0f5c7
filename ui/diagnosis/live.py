"""The day-one checklist: the real providers asked, one picture and one look bought, the answers recorded."""

from collections.abc import Iterator

from tasks.amounts import dollars
from tasks.errors import StorykinError
from tasks.providers.registry import setup
from ui.diagnosis.check_result import Check, CheckResult, Level, ok, problem
from ui.diagnosis.live_picture import draw_if_it_fits
from ui.diagnosis.live_store import store
from ui.diagnosis.live_trial import LiveTrial, begin_trial
from ui.diagnosis.live_vision import look


def live_checks(cap_microusd: int) -> dict[str, Check]:
    """The live checks of what is in use, to be made in this order.

    Raises OverBudget when they may cost more than `cap_microusd`, before anything is asked of anyone.
    """
    try:
        trial = begin_trial()
    except StorykinError as error:
        unready = problem("live", f"Nothing live was checked. {error.sentence}")
        return {"live": lambda: [unready]}
    if trial is None:
        return {"live": _nothing_live}
    trial.check_cap(cap_microusd)
    checks: dict[str, Check] = {"providers": lambda: _health(trial)}  # instead of the one without a recorder
    if trial.image:
        checks["live model"] = lambda: draw_if_it_fits(trial)
    if trial.paid_vision:
        checks["live look"] = lambda: look(trial)
    if trial.chosen.store == "r2":
        checks["live store"] = lambda: store(trial)
    checks["recordings"] = lambda: _end(trial, cap_microusd)
    return checks


def _health(trial: LiveTrial) -> Iterator[CheckResult]:
    """What each provider in use says of itself, for nothing: its key, its models, its address."""
    for spec in {spec.id: spec for _, spec in trial.chosen.chosen()}.values():
        for each in spec.findings(setup(trial.recorder.saw)):
            yield CheckResult("live providers", Level(each.level), f"{spec.label}: {each.sentence}")


def _nothing_live() -> Iterator[CheckResult]:
    yield ok(
        "live",
        "There is nothing live to check: no provider with a key is in use. STORYKIN_VISION=openai, "
        "STORYKIN_IMAGE=replicate and STORYKIN_STORE=r2 choose one; `storykin rehearse` stands in for them.",
    )


def _end(trial: LiveTrial, cap_microusd: int) -> Iterator[CheckResult]:
    spent, cap = dollars(trial.spent_microusd), dollars(cap_microusd)
    yield ok("live spending", f"The live check has spent {spent} of at most {cap}; it is on the books.")
    yield trial.save()
