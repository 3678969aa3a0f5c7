"""Everything in its order, and the table at the end."""

import os
from collections.abc import Callable

from db.repositories import calls
from tasks.amounts import dollars
from tasks.batch.status import status_of
from tasks.runtime import current_runtime
from tests.chaos.checker import check
from tests.topology.folk import take_in
from tests.topology.meter import Reading
from tests.topology.stage import Stage
from tests.topology.story import DOLLAR, Story
from tests.topology.studio_job import Watching, demo_photo, draw_one, signed_in

STYLES = ("flat", "anime")
ANOTHER = "storybook"


def play(stage: Stage, count: int, tell: Callable[[str], None]) -> bool:
    """The whole story with `count` characters; whether nothing was lost and nothing bought twice."""
    tell("started: " + ", ".join(f"{name} {seconds:.0f} s" for name, seconds in stage.seconds.items()))
    os.environ.update(stage.parts["worker-1"].environment)
    os.environ["STORYKIN_HOME"] = str(stage.ground.folder / "console")
    runtime = current_runtime()
    browser = signed_in(stage)
    first = draw_one(browser, demo_photo(), (*STYLES, ANOTHER))
    tell("the main job, through the proxy: a character in three styles")
    folk = take_in(runtime, demo_photo(), count, STYLES)
    tell(f"{count} characters taken in")
    story = Story(stage, runtime, count, tell)
    story.let_it_fail_at_random(4 * count)
    before = Reading.of(stage)
    batches = [story.broken_batch(",".join(STYLES))]
    with Watching(signed_in(stage)) as watching:
        batches.append(story.replaced_batch(ANOTHER))
    after = Reading.of(stage)
    story.house_kept()
    if mended := story.mended_batch(",".join((*STYLES, ANOTHER))):
        batches.append(mended)
    stage.check_alive()
    verdict = check(runtime, stage.cloud.settled_bank(), [first, *folk], (*STYLES, ANOTHER))
    ended = [status_of(runtime, batch_id=each) for each in batches]
    with runtime.record.reading() as session:
        spent = sum(calls.spent_microusd(session, character_id=each) for each in (first, *folk))
    bill = sum(entry.charge_microusd for entry in stage.cloud.usage.entries.values() if entry.billed)
    rows = [
        ("characters", str(count + 1)),
        ("pictures drawn in batches", " + ".join(str(each.done) for each in ended)),
        ("failed by the provider", " + ".join(str(each.failed) for each in ended)),
        ("left", " + ".join(str(each.left) for each in ended)),
        ("processes at work, at most", str(story.most_at_work)),
        ("price by the plans", " + ".join(dollars(each) for each in story.plans.values())),
        ("spent by the record", " + ".join(dollars(each.spent_microusd) for each in ended)),
        ("spent in all, by the record", f"{spent / DOLLAR:.6f} $"),
        ("billed in all, by the cloud", f"{bill / DOLLAR:.6f} $"),
        *after.a_picture_since(before, sum(each.done for each in ended) or 1),
        ("slowest to stop", _slowest(story.stopping)),
        ("studio away during the rolling restart", _away(watching)),
        ("books", verdict.line()),
    ]
    for name, value in rows:
        tell(f"{name:<40}{value}")
    for why in verdict.why_unknown():
        tell(f"unknown: {why}")
    return verdict.kept and not any(each.left for each in ended) and not ended[-1].failed


def _slowest(stopping: dict[str, float]) -> str:
    name = max(stopping, key=lambda each: stopping[each])
    return f"{name}, {stopping[name]:.1f} s"


def _away(watching: Watching) -> str:
    longest = ", ".join(f"{trouble}: {seconds:.1f} s" for trouble, seconds in watching.away.items())
    return f"{longest or 'never'} (asked {watching.asked} times)"
