"""The canary: drift is told from chance, and a set is drawn once a time, whatever happens in between."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import update

from db.ids import utc_now
from db.models import ProviderCall
from tasks.canary import draw
from tasks.canary.drift import Change, changes, not_comparable
from tasks.canary.left_behind import fetch_left_behind
from tasks.canary.run import CanaryReport, newest_canaries, plan_canary, report_of, run_canary
from tasks.canary.settings import canary_settings
from tasks.errors import UsageError
from tasks.styles import prompt
from tests.support.studio import StandInStudio, photo_bytes, stand_in_normalize, stand_in_studio

STYLES = ("watercolor", "anime")


def a_canary(seed: int, shift: float = 0.0, photos: int = 12) -> list[dict[str, Any]]:
    """Likenesses of photos that differ much from each other, and from time to time by chance alone."""
    chance = np.random.default_rng(seed)
    return [
        {"photo": str(photo), "style": style, "likeness": 0.2 + 0.04 * photo + shift + chance.normal(0, 0.01)}
        for photo in range(photos)
        for style in STYLES
    ]


def likeness(new: list[dict[str, Any]], history: list[list[dict[str, Any]]]) -> Change:
    (found,) = (each for each in changes(new, history) if each.measure == "likeness")
    return found


def test_a_drop_is_told_from_chance_within_an_interval() -> None:
    history = [a_canary(seed) for seed in range(6)]
    as_before, worse = likeness(a_canary(7), history), likeness(a_canary(8, -0.05), history)
    assert not as_before.drifted
    assert as_before.low is not None and as_before.low < 0 < (as_before.high or 0)
    assert worse.drifted and not worse.better and worse.photos == 12
    assert worse.low is not None and worse.low < -0.05 < (worse.high or 0) < 0
    assert likeness(a_canary(9, +0.05), history).better


def test_a_change_too_small_to_matter_and_too_few_photos_are_no_drift() -> None:
    history = [a_canary(seed) for seed in range(6)]
    tiny = likeness(a_canary(1, -0.015), history)
    assert tiny.high is not None and tiny.high < 0 and not tiny.drifted
    few = likeness(a_canary(2, -0.3, photos=4), history)
    assert (few.low, few.high, few.drifted) == (None, None, False)


def test_one_canary_in_many_is_taken_for_drift_by_chance() -> None:
    """Without any drift 95 of 100 intervals hold nothing of it: counted over 60 sets of their own."""
    wrong = 0
    for number in range(60):
        found = likeness(a_canary(1000 + number), [a_canary(2000 + 10 * number + each) for each in range(8)])
        assert found.low is not None and found.high is not None
        wrong += not found.low <= 0 <= found.high
    assert wrong <= 10


@pytest.fixture
def studio(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInStudio]:
    folder = tmp_path / "canary"
    folder.mkdir()
    for number in range(6):
        (folder / f"{number}.jpg").write_bytes(photo_bytes(f"#{b9_(number)}8f6f"))
    (folder / "notes.txt").write_text("no photo")
    monkeypatch.setenv("STORYKIN_CANARY_PHOTOS", str(folder))
    monkeypatch.setenv("STORYKIN_CANARY_STYLES", ",".join(STYLES))
    monkeypatch.setattr("tasks.intake.normalize.normalize_photo", stand_in_normalize)
    canary_settings.cache_clear()
    yield stand_in_studio(home)
    canary_settings.cache_clear()


def b9_(number: int) -> str:
    return f"{0xA0 + 8 * number:02x}"


def measuring(monkeypatch: pytest.MonkeyPatch, values: dict[str, float], stop_after: int = 1000) -> list[str]:
    """Have pictures measure so; after some of them the process is killed."""
    measured: list[str] = []

    def measure(photo: Any, drawn: bytes, _profile: Any, style: str) -> dict[str, Any]:
        assert drawn.startswith(b"\x89PNG")
        if len(measured) == stop_after:
            raise KeyboardInterrupt
        measured.append(f"{photo.sha256} {style}")
        return dict(values)

    monkeypatch.setattr(draw, "measure", measure)
    return measured


def test_a_set_is_drawn_compared_and_kept(studio: StandInStudio, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = studio.services.runtime
    assert (plan_canary(runtime).pictures, plan_canary(runtime).most_microusd) == (12, 0)
    measuring(monkeypatch, {"likeness": 0.5, "palette": 3.0})
    first = run_canary(runtime)
    assert (first.measured, first.compared_with, first.changes) == (12, (), ())
    again = run_canary(runtime)
    assert not again.drifted and again.compared_with == (first.canary_id,)
    studio.image.model = "stand-in-brush-2"
    measuring(monkeypatch, {"likeness": 0.4, "palette": 3.1})
    third = run_canary(runtime)
    (worse,) = third.drifted
    assert (worse.measure, worse.better, round(worse.mean, 6)) == ("likeness", False, -0.1)
    assert third.models[0] == "local stand-in-brush-2"
    assert third.models_before is not None and third.models_before[0] == "local stand-in-brush"
    assert [each.drifted for each in newest_canaries(runtime)] == [1, 0, 0]
    beside = report_of(runtime, canary=third.canary_id, against=first.canary_id[-8:])
    assert beside.compared_with == (first.canary_id,) and beside.drifted == (worse,)


def test_a_killed_canary_is_gone_on_with_and_draws_nothing_twice(
    studio: StandInStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = studio.services.runtime
    before = measuring(monkeypatch, {"likeness": 0.5}, stop_after=5)
    with pytest.raises(KeyboardInterrupt):
        run_canary(runtime)
    after = measuring(monkeypatch, {"likeness": 0.5})
    found = run_canary(runtime)
    assert (found.measured, len(before), len(after)) == (12, 5, 7)
    assert len({*before, *after}) == 12
    with runtime.record.reading() as session:
        calls = session.query(ProviderCall).all()
    assert len(calls) == 6 + 12 and all(call.attempts == 1 for call in calls)


def test_whoever_dies_over_telling_of_it_buys_nothing_again(
    studio: StandInStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = studio.services.runtime
    measuring(monkeypatch, {"likeness": 0.5})

    with pytest.raises(KeyboardInterrupt):
        run_canary(runtime, tell=killed)
    told: list[CanaryReport] = []
    run_canary(runtime, tell=told.append)
    assert [each.measured for each in told] == [12]
    with runtime.record.reading() as session:
        assert session.query(ProviderCall).count() == 6 + 12


def test_a_picture_that_was_ordered_is_fetched_when_the_worker_is_gone(
    studio: StandInStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = studio.services.runtime
    measured = measuring(monkeypatch, {"likeness": 0.5})

    def killed(_style: str) -> None:
        raise KeyboardInterrupt

    studio.image.gate = killed
    with pytest.raises(KeyboardInterrupt):
        run_canary(runtime)
    assert fetch_left_behind(runtime) == 0  # its lease has not run out
    studio.image.gate = lambda _style: None
    with runtime.record.writing() as session:
        session.execute(update(ProviderCall).values(lease_expires_at=utc_now() - timedelta(hours=1)))
    assert (fetch_left_behind(runtime), fetch_left_behind(runtime), len(measured)) == (1, 0, 1)
    with runtime.record.reading() as session:
        assert session.query(ProviderCall).count() == 2  # one look, one picture: nothing was bought
    assert run_canary(runtime).measured == 12


def test_what_fails_is_on_record_and_the_rest_is_measured(
    studio: StandInStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.image.failing = {"anime"}
    measuring(monkeypatch, {"likeness": 0.5})
    found = run_canary(studio.services.runtime)
    assert (found.measured, found.pictures) == (6, 12)
    assert not found.drifted
    (kept,) = newest_canaries(studio.services.runtime)
    assert {each.get("code") for each in kept.measures} == {None, "brush_broke"}


def test_a_model_that_refuses_all_has_drifted_with_and_without_a_history(
    studio: StandInStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = studio.services.runtime
    measuring(monkeypatch, {"likeness": 0.5})
    studio.image.failing = set(STYLES)
    (first,) = run_canary(runtime).drifted
    assert (first.measure, first.mean, first.better) == ("missing", 1.0, False)
    studio.image.failing = set()
    run_canary(runtime)
    studio.image.failing = set(STYLES)
    (again,) = run_canary(runtime).drifted
    assert (again.measure, again.before, again.mean) == ("missing", 0.5, 0.5)
    assert [each.drifted for each in newest_canaries(runtime)] == [1, 1, 1]


def test_more_refusals_than_chance_are_drift_and_one_is_not() -> None:
    history = [a_canary(seed) for seed in range(3)]
    for refused, is_drift in ((1, False), (6, True)):
        new = [
            {"photo": each["photo"], "style": each["style"], "code": "refused"}
            if int(each["photo"]) < refused
            else each
            for each in a_canary(7)
        ]
        (missing,) = (each for each in changes(new, history) if each.measure == "missing")
        assert missing.drifted is is_drift


def test_a_style_with_new_words_is_not_comparable_and_no_drift() -> None:
    history = [a_canary(seed) for seed in range(3)]
    newer = [each | {"style_version": 2} for each in a_canary(7, -0.3)]
    assert changes(newer, history) == ()
    assert (not_comparable(newer, history), not_comparable(a_canary(7), history)) == (24, 0)


def reworded(monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade says one thing in other words, and gives no style a new version."""
    monkeypatch.setattr(prompt, "_SAME_PERSON", "Whoever knows the person must know the picture.")


def looked_at_anew(studio: StandInStudio, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model that looks at photos sees something else, and so the words are others, too."""
    was = studio.services.runtime.vision.describe

    def describe(*asked: Any) -> Any:
        answer = was(*asked)
        return replace(answer, profile=answer.profile.model_copy(update={"do_not_change": ["a red scarf"]}))

    monkeypatch.setattr(studio.services.runtime.vision, "describe", describe)


def test_our_other_words_are_no_drift_and_the_looking_model_s_are(
    studio: StandInStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = studio.services.runtime
    measuring(monkeypatch, {"likeness": 0.5})
    first = run_canary(runtime)
    measuring(monkeypatch, {"likeness": 0.3})
    with monkeypatch.context() as upgrade:
        reworded(upgrade)
        ours = run_canary(runtime)
        assert (ours.drifted, ours.not_comparable) == ((), 12)
        measuring(monkeypatch, {"likeness": 0.2})
        after = run_canary(runtime)
        assert [each.measure for each in after.drifted] == ["likeness"] and after.not_comparable == 0
        assert round(after.changes[0].before, 6) == 0.3  # of those in the same words alone
    looked_at_anew(studio, monkeypatch)
    theirs = run_canary(runtime)
    assert [each.measure for each in theirs.drifted] == ["likeness"] and theirs.not_comparable == 0
    assert round(theirs.changes[0].before, 6) == 0.5
    assert theirs.compared_with[-1] == first.canary_id


def test_what_says_nothing_of_its_wording_is_compared_as_before() -> None:
    history = [a_canary(seed) for seed in range(6)]
    newer = [each | {"wording": "a"} for each in a_canary(7, -0.3)]
    assert likeness(newer, history).drifted and not_comparable(newer, history) == 0
    assert changes(newer, [[each | {"wording": "b"} for each in one] for one in history]) == ()


def test_a_run_that_is_repeated_after_it_has_told_buys_nothing(
    studio: StandInStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = studio.services.runtime
    measured = measuring(monkeypatch, {"likeness": 0.5})
    first = run_canary(runtime, has_told=lambda: False)
    again = run_canary(runtime, has_told=lambda: True)
    assert again == first and len(measured) == 12 and len(newest_canaries(runtime)) == 1
    with pytest.raises(KeyboardInterrupt):
        run_canary(runtime, tell=killed)
    ended = run_canary(runtime, has_told=lambda: True)
    assert ended.canary_id != first.canary_id and len(measured) == 24
    assert [each.drifted for each in newest_canaries(runtime)] == [0, 0]


def killed(_found: object) -> None:
    raise KeyboardInterrupt


def test_without_photos_it_says_so(
    studio: StandInStudio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for folder in ("", str(tmp_path / "none"), str(tmp_path)):
        monkeypatch.setenv("STORYKIN_CANARY_PHOTOS", folder)
        canary_settings.cache_clear()
        with pytest.raises(UsageError):
            run_canary(studio.services.runtime)
