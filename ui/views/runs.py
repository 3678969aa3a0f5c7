"""A run on its way: steps with their times, and each style's picture as it comes."""

from ui.handlers.run_story import STEPS, RunState, Step
from ui.handlers.runs import RunView
from ui.views.templates import render

TITLES = {
    RunState.NOT_SENT: "Not started yet",
    RunState.QUEUED: "Waiting for a worker",
    RunState.RUNNING: "Creating {name}",
    RunState.READY: "{name} is ready",
    RunState.NEEDS_ATTENTION: "{name} needs your attention",
    RunState.FAILED: "This run failed",
}
LINES = {
    RunState.NOT_SENT: "Prefect has not taken this run. Nothing is lost: try again in a moment.",
    RunState.QUEUED: "It starts as soon as a worker is free. You can leave this page and come back.",
    RunState.RUNNING: "You can leave this page and come back.",
}


def before_run_html() -> str:
    """What will happen, before anything did."""
    return render("run.html", run=None, steps=[Step(*each) for each in STEPS], title="", line="")


def run_html(run: RunView | None) -> str:
    """The run as it stands."""
    if run is None:
        return before_run_html()
    return render(
        "run.html",
        run=run,
        steps=run.story.steps,
        title=TITLES[run.state].format(name=run.name),
        line=run.reason if run.state.over else LINES.get(run.state, ""),
    )
