"""A run's events, told."""

from datetime import UTC, datetime, timedelta
from typing import Any

from db.models import Event
from ui.handlers.run_progress import project_run
from ui.views.runs import RunProgress, RunState, StepState

BEGAN = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class Happening:
    """Events, one every second."""

    def __init__(self, *styles: str) -> None:
        self.events: list[Event] = []
        self.add("character.queued")
        self.add("run.asked", styles=list(styles))

    def add(self, kind: str, message: str = "", **data: Any) -> "Happening":
        number = len(self.events)
        self.events.append(
            Event(
                id=f"{number:04d}",
                kind=kind,
                actor="system",
                message=message,
                data=data,
                created_at=BEGAN + timedelta(seconds=number),
            )
        )
        return self

    def step(self, name: str, style: str | None = None, seconds: float = 0.5) -> "Happening":
        data = {"step": name} | ({"style": style} if style else {})
        return self.add("step.started", **data).add("step.finished", seconds=seconds, **data)

    def submitted(self) -> "Happening":
        return self.add("run.submitted", flow_run_id="f-1")

    def looked(self) -> "Happening":
        self.submitted().add("character.profiling").step("photo", seconds=0.8).step("profile").step("prompts")
        return self.add("character.illustrating")

    def drawn(self, style: str) -> "Happening":
        self.step("draw", style).step("likeness", style)
        self.add("step.started", step="save", style=style)
        self.add("variant.recorded", style=style, image_id=f"image-{style}")
        return self.add("step.finished", step="save", style=style, seconds=0.1)

    def told(self) -> RunProgress:
        return project_run(self.events, BEGAN + timedelta(seconds=len(self.events)))


def states(progress: RunProgress) -> dict[str, str]:
    return {step.name: step.state.value for step in progress.steps}


def test_a_run_that_prefect_has_not_taken_is_not_sent() -> None:
    assert Happening("anime").told().state is RunState.NOT_SENT


def test_of_a_run_that_was_asked_for_elsewhere_nobody_says_it_was_not_sent() -> None:
    run = Happening()
    run.events = run.events[:1]
    assert run.told().state is RunState.QUEUED


def test_a_run_that_prefect_has_taken_waits_for_a_worker() -> None:
    progress = Happening("anime").submitted().told()
    assert progress.state is RunState.QUEUED
    assert progress.flow_run_id == "f-1"
    assert set(states(progress).values()) == {"waiting"}


def test_a_run_that_was_never_handed_over_but_runs_is_running() -> None:
    assert Happening("anime").add("character.profiling").told().state is RunState.RUNNING


def test_finished_steps_have_the_seconds_they_took() -> None:
    progress = Happening("anime").looked().told()
    assert states(progress)["photo"] == "done"
    assert progress.steps[0].seconds == 0.8


def test_the_share_that_is_done_counts_each_common_step_and_each_style() -> None:
    run = Happening("anime", "flat").looked()
    assert run.told().share_done == 3 / 5
    assert run.drawn("anime").told().share_done == 4 / 5


def test_a_step_under_way_counts_its_seconds() -> None:
    progress = Happening("anime").submitted().add("step.started", step="photo").told()
    assert progress.steps[0].state is StepState.RUNNING
    assert progress.steps[0].seconds == 1.0


def test_drawing_is_done_when_every_style_is() -> None:
    run = Happening("anime", "flat").looked().drawn("anime")
    assert states(run.told())["draw"] == "waiting"
    assert run.told().steps[3].note == "1 of 2"
    run.drawn("flat")
    assert states(run.told())["draw"] == "done"
    assert run.told().steps[3].note == ""


def test_styles_side_by_side_do_not_add_up() -> None:
    run = Happening("anime", "flat").looked()
    for kind in ("step.started", "step.finished"):
        for style in ("anime", "flat"):
            run.add(kind, step="draw", style=style)
    assert run.told().steps[3].seconds == 3.0  # started at 0 and 1, finished at 2 and 3


def test_waiting_between_two_styles_is_not_counted() -> None:
    run = Happening("anime", "flat").looked().drawn("anime").drawn("flat")
    save = next(step for step in run.told().steps if step.name == "save")
    assert save.seconds == 4.0  # two spans of two seconds, with the other style's drawing between them


def test_each_style_tells_what_became_of_it() -> None:
    run = Happening("anime", "flat", "storybook", "watercolor").looked().drawn("anime")
    run.add("step.failed", "The brush broke.", step="draw", style="flat", code="brush_broke")
    run.add("step.started", step="draw", style="storybook")
    told = {each.style: each for each in run.told().styles}
    assert told["anime"].image_id == "image-anime"
    assert told["flat"].sentence == "The brush broke."
    assert [each.state.value for each in told.values()] == ["done", "failed", "running", "waiting"]


def test_a_style_that_was_drawn_before_is_skipped_and_the_run_is_whole() -> None:
    run = Happening("anime").looked().add("step.skipped", step="draw", style="anime")
    progress = run.add("character.ready").told()
    assert states(progress)["draw"] == "skipped"
    assert progress.share_done == 1.0


def test_after_a_failure_the_steps_that_never_began_are_skipped() -> None:
    run = Happening("anime").submitted().step("photo")
    run.add("step.started", step="profile").add("step.failed", "No face.", step="profile", code="no_face")
    progress = run.add("character.needs_attention").told()
    assert progress.state is RunState.NEEDS_ATTENTION and progress.state.over
    assert list(states(progress).values()) == ["done", "failed", "skipped", "skipped", "skipped", "skipped"]


def test_a_step_left_open_by_a_run_that_ended_has_failed() -> None:
    run = Happening("anime").looked().add("step.started", step="draw", style="anime")
    progress = run.add("character.failed").told()
    assert states(progress)["draw"] == "failed"
    assert progress.styles[0].state is StepState.FAILED


def test_a_step_that_is_tried_again_forgets_its_failure() -> None:
    run = Happening("anime").submitted()
    run.add("step.failed", "It broke.", step="photo", code="x").step("photo")
    assert states(run.told())["photo"] == "done"


def test_a_run_that_goes_on_after_its_end_is_running_again() -> None:
    run = (
        Happening("anime").looked().add("character.failed").add("character.queued").add("character.profiling")
    )
    assert run.told().state is RunState.RUNNING


def test_progress_grows_and_ends_at_one() -> None:
    run = Happening("anime", "flat")
    shares = [run.told().share_done]
    for move in (run.looked, lambda: run.drawn("anime"), lambda: run.drawn("flat")):
        move()
        shares.append(run.told().share_done)
    run.add("character.ready")
    shares.append(run.told().share_done)
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_the_revision_changes_with_every_event() -> None:
    run = Happening("anime")
    before = run.told().revision
    assert run.submitted().told().revision != before


def test_a_run_from_the_command_line_names_its_styles_by_what_it_draws() -> None:
    run = Happening()
    run.events = run.events[:1]
    run.add("character.profiling").drawn("flat")
    assert [each.style for each in run.told().styles] == ["flat"]


def test_a_run_of_long_ago_whose_steps_are_forgotten_has_the_styles_of_its_pictures() -> None:
    run = Happening()
    run.events = run.events[:1]
    run.add("variant.recorded", style="anime", image_id="image-1").add("character.ready")
    assert [(each.style, each.image_id) for each in run.told().styles] == [("anime", "image-1")]
    assert set(states(run.told()).values()) == {"done"}


def test_no_events_is_a_run_with_nothing_in_it() -> None:
    assert project_run([], BEGAN).revision == ""


def test_a_picture_is_there_to_be_shown_once_it_is_compared_and_before_it_is_saved() -> None:
    run = Happening("anime").looked().add("step.started", step="draw", style="anime")
    assert run.told().styles[0].drawn_asset_id is None
    run.add("step.finished", step="draw", style="anime", asset_id="asset-7")
    run.add("step.started", step="likeness", style="anime")
    assert run.told().styles[0].drawn_asset_id is None  # it may have to be held back
    run.add("step.finished", step="likeness", style="anime", asset_id="asset-7")
    style = run.told().styles[0]
    assert (style.drawn_asset_id, style.state, style.image_id) == ("asset-7", StepState.RUNNING, None)


def test_a_picture_that_a_run_ended_without_saving_is_not_shown() -> None:
    run = (
        Happening("anime").looked().step("draw", "anime").add("step.started", step="likeness", style="anime")
    )
    run.add("step.finished", step="likeness", style="anime", asset_id="asset-7")
    (style,) = run.add("character.needs_attention").told().styles
    assert (style.drawn_asset_id, style.state) == (None, StepState.FAILED)
