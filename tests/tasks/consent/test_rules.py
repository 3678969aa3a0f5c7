"""A photo goes to whom its consent names, and to nobody else; withdrawn, it goes nowhere."""

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from db.models import CharacterStatus, ConsentRole
from db.repositories import characters
from flows.character_run import run_character
from flows.run_request import RunRequest
from tasks.consent.record import consents_shown, give_consent, withdraw_consent
from tasks.consent.rules import is_third_party
from tasks.consent.texts import CURRENT, write_text
from tasks.create_character import create_character
from tasks.errors import UsageError
from tasks.intake.normalize import NormalizedPhoto
from tasks.pipeline import untracked
from tasks.providers.protocols import Photo
from tasks.runtime import Runtime
from tests.support.providers import BookkeepingImage, BookkeepingVision, a_picture
from tests.support.rows import a_character
from tests.support.runtimes import open_runtime


@pytest.fixture
def runtime(tmp_path: Path, migrated_record: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    with open_runtime(tmp_path, migrated_record) as runtime:
        monkeypatch.setattr("tasks.recheck_photo.recheck_photo", lambda _runtime, _character: [])
        yield runtime


@pytest.fixture
def cloud() -> BookkeepingImage:
    return BookkeepingImage(name="replicate")


def at_home(runtime: Runtime) -> str:
    """A character that was made while nobody outside the house was set."""
    data = a_picture((90, 90, 90))
    photo = Photo(data=data, sha256=hashlib.sha256(data).hexdigest(), width=82, height=102)
    normalized = NormalizedPhoto(photo=photo, faces=1, warnings=[])
    return create_character(runtime, photo=normalized, name="Ada", gender="girl", consent=True)


def run(runtime: Runtime, character_id: str, token: str = "run-1") -> dict[str, str]:
    """Have it drawn; the codes of what went wrong."""
    result = asyncio.run(run_character(RunRequest(character_id, ("anime",), token), untracked, runtime))
    return {style: error.code for style, error in result.failures.items()}


def test_who_is_not_named_gets_nothing(runtime: Runtime, cloud: BookkeepingImage) -> None:
    character_id = at_home(runtime)
    assert run(replace(runtime, image=cloud), character_id) == {"anime": "consent_names_no_third_party"}
    assert cloud.billed.total() == 0


def test_the_look_at_the_photo_is_no_exception(runtime: Runtime) -> None:
    away = BookkeepingVision(name="openai")
    character_id = at_home(runtime)
    assert run(replace(runtime, vision=away), character_id) == {"": "consent_names_no_third_party"}
    assert away.looked.total() == 0


def test_the_house_draws_where_the_consent_names_no_one_else(
    runtime: Runtime, cloud: BookkeepingImage
) -> None:
    character_id = at_home(runtime)
    assert run(replace(runtime, image=cloud, fallbacks=(runtime.image,)), character_id) == {}
    assert cloud.billed.total() == 0


def test_who_is_named_draws(runtime: Runtime, cloud: BookkeepingImage) -> None:
    character_id = at_home(replace(runtime, image=cloud))
    assert run(replace(runtime, image=cloud), character_id) == {}
    assert cloud.billed.total() == 1


def test_a_consent_from_before_there_were_records_names_no_one(
    runtime: Runtime, cloud: BookkeepingImage
) -> None:
    with runtime.record.writing() as session:
        character_id = a_character(session).id
    (shown,) = consents_shown(runtime, character_id=character_id)
    assert shown.processors == () and "to use this photo to make illustrations" in shown.words


def test_a_withdrawn_consent_stops_everybody_the_house_too(runtime: Runtime) -> None:
    character_id = at_home(runtime)
    withdraw_consent(runtime, character_id=character_id, by=None)
    assert run(runtime, character_id) == {"": "consent_withdrawn"}
    assert isinstance(runtime.vision, BookkeepingVision)
    assert runtime.vision.looked.total() == 0


def test_withdrawn_in_mid_run_the_request_does_not_leave(
    runtime: Runtime, cloud: BookkeepingImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    character_id = at_home(replace(runtime, image=cloud))
    monkeypatch.setattr(
        cloud,
        "before_billing",
        lambda _style: withdraw_consent(runtime, character_id=character_id, by=None),
    )
    assert run(replace(runtime, image=cloud), character_id) == {"anime": "consent_withdrawn"}
    assert cloud.billed.total() == 0
    with runtime.record.reading() as session:
        assert characters.get(session, character_id).status is CharacterStatus.NEEDS_ATTENTION


def test_a_new_consent_lets_it_go_on(runtime: Runtime, cloud: BookkeepingImage) -> None:
    character_id = at_home(runtime)
    withdraw_consent(runtime, character_id=character_id, by=None)
    given = give_consent(
        runtime, character_id=character_id, processors=["replicate"], by=None, role=ConsentRole.PARENT
    )
    assert "Replicate deletes what it was sent" in given.words
    assert run(replace(runtime, image=cloud), character_id) == {}
    newest, first = consents_shown(runtime, character_id=character_id)
    assert (newest.withdrawn_at, newest.role) == (None, ConsentRole.PARENT)
    assert first.withdrawn_at is not None


def test_a_text_never_changes(runtime: Runtime) -> None:
    with runtime.record.writing() as session:
        write_text(session, version="2027-01", language="de", text="Ich bin einverstanden.", by=None)
        with pytest.raises(UsageError):
            write_text(session, version=CURRENT, language="en", text="Anything goes.", by=None)


def test_a_provider_that_nobody_knows_of_is_outside() -> None:
    houses = {name: is_third_party(name) for name in ("local", "in-house", "openai", "replicate", "someone")}
    assert houses == {
        "local": False, "in-house": False, "openai": True, "replicate": True, "someone": True
    }  # fmt: skip


def test_a_consent_from_before_there_were_records_keeps_its_day_and_its_text(runtime: Runtime) -> None:
    day = datetime(2026, 11, 3, 12, tzinfo=UTC)
    with runtime.record.writing() as session:
        character = a_character(session)
        character.consent_at = day
        character_id = character.id
    assert withdraw_consent(runtime, character_id=character_id, by=None).given_at == day
    (shown,) = consents_shown(runtime, character_id=character_id)
    assert (shown.version, shown.given_at) == ("2026-11", day)
