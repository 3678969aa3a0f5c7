"""What is kept of a person has a time; it goes when that is over, and not before, whatever a clock says."""

import io
import itertools
import json
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from db.engine import Session
from db.models import (
    AssetKind,
    CharacterImage,
    CharacterStatus,
    ConsentRole,
    GeneratedAsset,
    PromptArtifact,
    PromptKind,
    RetentionClock,
    Review,
)
from db.repositories import assets, characters, erasures, images
from tasks.consent.record import give_consent, withdraw_consent
from tasks.erasure import retention
from tasks.erasure.access import access_archive
from tasks.erasure.ask import ask_erasure
from tasks.erasure.holds import lift_hold, place_hold
from tasks.erasure.job import finish_erasures
from tasks.erasure.retention import end_what_is_due, retention_of
from tasks.erasure.settings import RetentionSettings
from tasks.runtime import Runtime
from tests.flows.test_erasure import NAME, drawn
from tests.support.passing_time import pass_time
from tests.support.runtimes import new_character


def set_days(monkeypatch: pytest.MonkeyPatch, **days: int) -> None:
    chosen = RetentionSettings().model_copy(update=days)
    monkeypatch.setattr("tasks.erasure.retention.retention_settings", lambda: chosen)


# A hundred cases: what has a time, its days, and how far from its end the round is.
SHIFTS = (timedelta(days=-1), timedelta(seconds=-1), timedelta(0), timedelta(seconds=1), timedelta(days=900))
DAYS = (1, 7, 30, 365, 3650)
HUNDRED = [*itertools.product(("everything", "photo", "rejected", "withdrawn"), DAYS, SHIFTS)]


@pytest.mark.parametrize("days", DAYS)
def test_a_hundred_periods_end_at_their_time_and_no_other(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    """Twenty characters each, in one record and one round of housekeeping.

    The machine stands where summer time ends meanwhile, and its clock is set back by a month.
    """
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    begun = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)  # an hour later clocks are put back in Berlin
    set_days(monkeypatch, everything_days=days, photo_days=days, rejected_days=days, withdrawn_days=days)
    cases: dict[str, tuple[str, timedelta]] = {}
    for number, (subject, _, shift) in enumerate(each for each in HUNDRED if each[1] == days):
        cases[of_period(runtime, number, subject, begun - shift)] = (subject, shift)
    assert len(cases) == 20
    for place in ("db.ids.utc_now", "db.lifecycle.utc_now"):
        monkeypatch.setattr(place, lambda: begun - timedelta(days=30))
    monkeypatch.setattr("db.repositories.clock.steady", lambda _session: begun + timedelta(days=days))
    assert end_what_is_due(runtime) == sum(shift >= timedelta(0) for _, shift in cases.values())
    with runtime.record.reading() as session:
        for character_id, (subject, shift) in cases.items():
            character = characters.get(session, character_id)
            gone = {
                "photo": character.photo_asset_id is None,
                "rejected": not images.of_character(session, character_id),
            }.get(subject, character.status is CharacterStatus.ERASED)
            assert gone is (shift >= timedelta(0)), (subject, days, shift)
    monkeypatch.undo()
    time.tzset()


def of_period(runtime: Runtime, number: int, subject: str, begun: datetime) -> str:
    """A character with one thing that has a time, whose period began then; the others have just begun."""
    character_id = new_character(runtime, shade=number * 10)
    review = {"photo": Review.APPROVED, "rejected": Review.REJECTED}.get(subject)
    with runtime.record.writing() as session:
        name = subject
        if review is not None:
            image_id = a_picture_of(session, character_id, number, review)
            name = f"rejected:{image_id}" if subject == "rejected" else subject
        others = {"everything", *(["photo"] if subject == "photo" else [])} - {name}
        for each, since in {**dict.fromkeys(others, begun + timedelta(days=4000)), name: begun}.items():
            session.add(RetentionClock(character_id=character_id, subject=each, started_at=since))
    if subject == "withdrawn":
        withdraw_consent(runtime, character_id=character_id, by=None)
    return character_id


def a_picture_of(session: Session, character_id: str, number: int, review: Review) -> str:
    key = f"{number:064}"
    prompt = PromptArtifact(
        character_id=character_id,
        kind=PromptKind.IMAGE,
        style="flat",
        template_version="1",
        text="",
        parameters={},
        work_key=key,
    )
    asset = GeneratedAsset(
        kind=AssetKind.VARIANT,
        storage_key=f"pictures/{key}.png",
        sha256=key,
        content_type="image/png",
        size_bytes=1,
        width=1,
        height=1,
    )
    session.add_all([prompt, asset])
    session.flush()
    image = CharacterImage(
        character_id=character_id,
        style="flat",
        ordinal=1,
        run_token="r",
        work_key=key,
        asset_id=asset.id,
        prompt_artifact_id=prompt.id,
        review=review,
        review_reason="hands",
        awaits_review=False,
    )
    session.add(image)
    session.flush()
    return image.id


def test_whom_yesterdays_database_brings_back_is_erased_again(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_days(monkeypatch, everything_days=30)
    character_id = new_character(runtime)
    end_what_is_due(runtime)
    runtime.record.close()
    yesterday = (tmp_path / "record.db").read_bytes()
    pass_time(runtime.store, monkeypatch, timedelta(days=31))
    assert (end_what_is_due(runtime), finish_erasures(runtime)) == (1, 1)
    runtime.record.close()
    (tmp_path / "record.db").write_bytes(yesterday)
    for left in ("record.db-wal", "record.db-shm"):
        (tmp_path / left).unlink(missing_ok=True)
    with runtime.record.reading() as session:
        assert characters.lives(session, character_id)
    assert finish_erasures(runtime) == 1
    with runtime.record.reading() as session:
        assert not characters.lives(session, character_id)


def test_a_round_looks_at_nobody_for_whom_nothing_changes(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_days(monkeypatch, everything_days=30, photo_days=30, rejected_days=30)
    for number in range(6):
        of_period(runtime, number, ("everything", "photo", "rejected")[number % 3], datetime.now(UTC))
    end_what_is_due(runtime)
    monkeypatch.setattr("tasks.erasure.retention._look_at", lambda *_: pytest.fail("looked at for nothing"))
    assert end_what_is_due(runtime) == 0


def test_everything_goes_when_its_time_is_over(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    set_days(monkeypatch, everything_days=30)
    character_id = drawn(runtime, NAME, 10, "anime")
    assert end_what_is_due(runtime) == 0  # the period begins
    for days, ended in ((29, 0), (31, 1), (60, 0)):
        with monkeypatch.context() as later:
            pass_time(runtime.store, later, timedelta(days=days))
            assert end_what_is_due(runtime) == ended
    assert finish_erasures(runtime) == 1
    with runtime.record.reading() as session:
        found = erasures.of_character(session, character_id)
    assert found is not None and found.reason == "retention"


def test_a_machines_clock_that_is_set_forward_erases_nobody(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_days(monkeypatch, everything_days=1, photo_days=1, rejected_days=1)
    character_id = drawn(runtime, NAME, 10, "anime")
    end_what_is_due(runtime)
    for place in ("db.ids.utc_now", "db.repositories.clock.utc_now", "db.lifecycle.utc_now"):
        monkeypatch.setattr(place, lambda: datetime.now(UTC) + timedelta(days=900))
    assert end_what_is_due(runtime) == 0
    with runtime.record.reading() as session:
        assert characters.get(session, character_id).status is not CharacterStatus.ERASED


def test_the_photo_goes_after_the_approval_and_the_picture_stays(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_days(monkeypatch, photo_days=10)
    character_id = drawn(runtime, NAME, 10, "anime")
    with runtime.record.reading() as session:
        shown = images.of_character(session, character_id)[0]
        photo = characters.get(session, character_id).photo_asset_id
        assert photo is not None
        photo_key = assets.get(session, photo).storage_key
    end_what_is_due(runtime)
    with monkeypatch.context() as later:
        pass_time(runtime.store, later, timedelta(days=20))
        assert end_what_is_due(runtime) == 0  # nothing is approved
    with runtime.record.writing() as session:
        images.review(session, shown.image.id, review=Review.APPROVED, actor="test")
    end_what_is_due(runtime)
    with monkeypatch.context() as later:
        pass_time(runtime.store, later, timedelta(days=11))
        assert end_what_is_due(runtime) == 1
    assert runtime.store.head(photo_key) is None
    assert runtime.store.head(shown.asset.storage_key) is not None
    with runtime.record.reading() as session:
        assert characters.get(session, character_id).photo_asset_id is None


def test_a_rejected_picture_goes_and_its_order_with_it(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_days(monkeypatch, rejected_days=3)
    character_id = drawn(runtime, NAME, 10, "anime", "storybook")
    with runtime.record.writing() as session:
        gone, stays = images.of_character(session, character_id)
        images.review(session, gone.image.id, review=Review.REJECTED, actor="test", reason="hands")
    end_what_is_due(runtime)
    with monkeypatch.context() as later:
        pass_time(runtime.store, later, timedelta(days=4))
        assert end_what_is_due(runtime) == 1
    assert runtime.store.head(gone.asset.storage_key) is None
    with runtime.record.reading() as session:
        assert [each.image.id for each in images.of_character(session, character_id)] == [stays.image.id]
        assert images.next_ordinal(session, character_id, gone.image.style) == gone.image.ordinal + 1
        left = characters.get(session, character_id).facets
    assert f"style:{stays.image.style}" in left
    assert f"style:{gone.image.style}" not in left and "review:rejected" not in left


def test_a_withdrawal_ends_in_an_erasure_and_a_hold_comes_before(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    character_id = drawn(runtime, NAME, 10, "anime")
    withdraw_consent(runtime, character_id=character_id, by=None)
    place_hold(runtime, character_id=character_id, reason="a case is open", by=None)
    assert retention_of(runtime, character_id=character_id).held
    pass_time(runtime.store, monkeypatch, timedelta(days=8))
    assert end_what_is_due(runtime) == 0
    lift_hold(runtime, character_id=character_id, by=None)
    assert end_what_is_due(runtime) == 1


def test_a_consent_given_anew_in_the_same_moment_ends_the_withdrawal(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    character_id = drawn(runtime, NAME, 10, "anime")
    withdraw_consent(runtime, character_id=character_id, by=None)
    pass_time(runtime.store, monkeypatch, timedelta(days=8))

    def after_a_consent(pair: Runtime, **asked: Any) -> str:
        give_consent(runtime, character_id=character_id, processors=(), by=None, role=ConsentRole.PARENT)
        return ask_erasure(pair, **asked)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("tasks.erasure.retention.ask_erasure", after_a_consent)
        assert end_what_is_due(runtime) == 0
    assert finish_erasures(runtime) == 0
    with runtime.record.reading() as session:
        assert characters.lives(session, character_id)


def test_a_withdrawn_consent_without_a_period_begins_one(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    character_id = new_character(runtime)
    withdraw_consent(runtime, character_id=character_id, by=None)
    with runtime.record.writing() as session:
        session.execute(delete(RetentionClock))
    assert end_what_is_due(runtime) == 0  # the period begins
    pass_time(runtime.store, monkeypatch, timedelta(days=8))
    assert end_what_is_due(runtime) == 1


def test_a_consent_that_is_withdrawn_while_a_round_looks_keeps_its_period(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read that began before the withdrawal, and has seen the clock that came with it."""
    set_days(monkeypatch, everything_days=3650)
    character_id = new_character(runtime)
    withdraw_consent(runtime, character_id=character_id, by=None)
    looks = iter([{"everything"}])
    known = retention._causes
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(retention, "_causes", lambda *of: next(looks, None) or known(*of))
        end_what_is_due(runtime)
    pass_time(runtime.store, monkeypatch, timedelta(days=8))
    assert end_what_is_due(runtime) == 1


def test_the_person_concerned_is_given_everything(runtime: Runtime) -> None:
    character_id = drawn(runtime, NAME, 10, "anime")
    with zipfile.ZipFile(io.BytesIO(access_archive(runtime, character_id=character_id))) as archive:
        folders = {name.partition("/")[0] for name in archive.namelist()}
        record = json.loads(archive.read("record.json"))
        consents = json.loads(archive.read("consents.json"))
    assert folders == {"README.txt", "record.json", "consents.json", "photo", "pictures"}
    assert record["characters"][0]["name"] == NAME
    assert record["character_profiles"] and record["prompt_artifacts"] and record["events"]
    assert "permission" in consents[0]["words"]
