"""What is kept of a person has a time; it goes when that is over, and not before, whatever a clock says."""

import io
import itertools
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.models import CharacterStatus, ConsentRole, Review
from db.repositories import assets, characters, erasures, images
from tasks.consent.record import give_consent, withdraw_consent
from tasks.erasure.access import access_archive
from tasks.erasure.ask import ask_erasure
from tasks.erasure.holds import lift_hold, place_hold
from tasks.erasure.job import finish_erasures
from tasks.erasure.retention import end_what_is_due, period_of, retention_of
from tasks.erasure.settings import RetentionSettings
from tasks.runtime import Runtime
from tests.flows.test_erasure import NAME, drawn
from tests.support.passing_time import pass_time

DAYS = (0, 1, 7, 30, 365)
SHIFTS = (-timedelta(days=1), -timedelta(seconds=1), timedelta(0), timedelta(seconds=1), timedelta(days=900))
SUBJECTS = ("everything", "photo", "rejected:0199", "withdrawn")
BEGAN = datetime(2026, 11, 30, tzinfo=UTC)


def set_days(monkeypatch: pytest.MonkeyPatch, **days: int) -> None:
    chosen = RetentionSettings().model_copy(update=days)
    monkeypatch.setattr("tasks.erasure.retention.retention_settings", lambda: chosen)


@pytest.mark.parametrize(("subject", "days", "shift"), [*itertools.product(SUBJECTS, DAYS, SHIFTS)])
def test_a_period_is_over_when_its_days_have_passed(subject: str, days: int, shift: timedelta) -> None:
    """A hundred cases: each class, its days, and a moment before, at and after."""
    chosen = RetentionSettings().model_copy(
        update=dict.fromkeys(("photo_days", "rejected_days", "everything_days", "withdrawn_days"), days)
    )
    period = period_of(subject, {subject: BEGAN}, chosen)
    assert period.is_over(BEGAN + timedelta(days=days) + shift) is (shift >= timedelta(0))


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
