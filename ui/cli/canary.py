"""`storykin canary`: draw the fixed set now, or tell of earlier times."""

from db.record_state import require_current
from tasks.amounts import exact_dollars
from tasks.canary.drift import Change
from tasks.canary.run import CanaryReport, newest_canaries, plan_canary, report_of, run_canary
from tasks.runtime import current_runtime

DONE = 0
WORDS = {
    "likeness": "likeness of the face (cosine)",
    "palette": "color of the skin, distance to the photo's (CIEDE2000)",
    "features": "features as in the photo (share)",
    "missing": "pictures that were refused or failed (share)",
}


def run() -> int:
    """Draw, measure, compare."""
    require_current()
    _print(run_canary(current_runtime()))
    return DONE


def plan() -> int:
    """Say what a canary would do, and cost."""
    require_current()
    planned = plan_canary(current_runtime())
    print(f"{planned.photos} photos in {', '.join(planned.styles)}: {planned.pictures} pictures, ", end="")
    print(f"at most {exact_dollars(planned.most_microusd)}")
    return DONE


def list_canaries() -> int:
    """The newest canaries, a line each."""
    require_current()
    for each in newest_canaries(current_runtime()):
        verdict = "not ended" if each.drifted is None else "drifted" if each.drifted else "as before"
        models = f"{each.provider} {each.model}"
        print(f"{each.id}  {each.created_at:%Y-%m-%d}  {models}  {len(each.measures)} pictures  {verdict}")
    return DONE


def show(canary: str, against: str) -> int:
    """One canary beside its history, or beside another one."""
    require_current()
    _print(report_of(current_runtime(), canary=canary, against=against))
    return DONE


def _print(found: CanaryReport) -> None:
    print(f"Canary {found.canary_id}: {found.models[0]}, looked at by {found.models[1]}")
    print(f"{found.measured} of {found.pictures} pictures measured", end="")
    if not found.compared_with:
        print("; there is none before it to compare it with")
    else:
        print(f", beside {len(found.compared_with)} before it")
    if found.models_before is not None and found.models_before != found.models:
        print(f"Before: {', looked at by '.join(found.models_before)}")
    if found.not_comparable:
        print(
            f"{found.not_comparable} pictures are not comparable: since then we ask for them in other words"
        )
    for each in found.changes:
        print(f"  {WORDS[each.measure]}: {_words(each)}")
    if found.drifted:
        print("The models have drifted.")
    elif found.changes:
        print("As before.")


def _words(each: Change) -> str:
    told = f"{each.before:.3f} before, {each.mean:+.3f}"
    if each.measure == "missing" and each.before + each.mean > 0.999:
        return f"{told}: not one picture came"
    if each.low is None or each.high is None:
        return f"{told}; {each.photos} photos are too few for an interval"
    told += f" (95 % between {each.low:+.3f} and {each.high:+.3f}, {each.photos} photos)"
    return f"{told}: {'better' if each.better else 'worse'} than before" if each.drifted else told
