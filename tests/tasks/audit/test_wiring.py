"""What people do is entered as they do it, whoever asks: the use cases see to it, not their callers."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.audit.of_events import AUDITED
from db.event_kinds import EventKind
from db.models import AuditEntry, ConsentRole
from db.repositories import audit, images
from flows.character_run import run_character
from flows.request_run import request_run
from flows.run_request import RunRequest
from tasks.consent.record import give_consent, withdraw_consent
from tasks.correction.details import rename
from tasks.erasure.access import access_archive
from tasks.erasure.ask import ask_erasure
from tasks.erasure.holds import lift_hold, place_hold
from tasks.pipeline import untracked
from tasks.review import decide
from tasks.runtime import Runtime
from tests.support.runtimes import new_character, open_runtime


@pytest.fixture
def runtime(tmp_path: Path, migrated_record: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    with open_runtime(tmp_path, migrated_record) as runtime:
        monkeypatch.setattr("tasks.recheck_photo.recheck_photo", lambda _runtime, _character: [])
        yield runtime


def of(runtime: Runtime, character_id: str) -> list[AuditEntry]:
    with runtime.record.reading() as session:
        return audit.newest(session, limit=99, what=character_id)[::-1]


def test_the_life_of_a_character_is_told_by_ids_and_survives_the_person(runtime: Runtime) -> None:
    person = new_character(runtime)
    asyncio.run(run_character(RunRequest(person, ("anime",), "run-1"), untracked, runtime))
    with runtime.record.reading() as session:
        (picture,) = images.of_character(session, person)
        image_id = picture.image.id
    rename(runtime, character_id=person, name="Rumpelstiltskin", by="u-1")
    decide.reject(runtime, character_id=person, image_id=image_id, code="other", note="Not Ada", by="u-2")
    decide.approve(runtime, character_id=person, image_id=image_id, by="u-2")
    decide.favourite(runtime, character_id=person, image_id=image_id, by="u-2")
    request_run(runtime, person, ["anime"], actor="u-3")
    place_hold(runtime, character_id=person, reason="The court asks for Ada", by=None, actor="operator")
    lift_hold(runtime, character_id=person, by=None, actor="operator")
    give_consent(runtime, character_id=person, processors=[], by=None, role=ConsentRole.PARENT)
    access_archive(runtime, character_id=person)
    withdraw_consent(runtime, character_id=person, by=None, actor="command line")
    ask_erasure(runtime, character_id=person, by="u-4")
    entered = of(runtime, person)
    assert [(each.act, each.who.partition(":")[0]) for each in entered] == [
        ("character.made", "operator"),
        ("character.details_changed", "u-1"),
        ("picture.reviewed", "u-2"),
        ("picture.reviewed", "u-2"),
        ("picture.favourite_changed", "u-2"),
        ("order.placed", "u-3"),
        ("hold.placed", "operator"),
        ("hold.lifted", "operator"),
        ("consent.given", "operator"),
        ("access.exported", "operator"),
        ("consent.withdrawn", "command line"),
        ("erasure.asked", "u-4"),
    ]
    assert entered[2].data["image_id"] == image_id
    assert entered[2].data["code"] == "other"
    written = " ".join(str(audit.document_of(each)) for each in entered)
    for word in ("Ada", "Rumpelstiltskin", "court"):
        assert word not in written


def test_what_the_house_does_by_itself_is_not_a_persons_act(runtime: Runtime) -> None:
    person = new_character(runtime)
    asyncio.run(run_character(RunRequest(person, ("anime",), "run-1"), untracked, runtime))
    assert [each.act for each in of(runtime, person)] == ["character.made"]


def test_what_is_undone_is_entered_with_what_it_undoes(runtime: Runtime) -> None:
    person = new_character(runtime)
    asyncio.run(run_character(RunRequest(person, ("anime",), "run-1"), untracked, runtime))
    with runtime.record.reading() as session:
        image_id = images.of_character(session, person)[0].image.id
    made = decide.approve(runtime, character_id=person, image_id=image_id, by="u-1")
    decide.undo(runtime, event_id=made.event_id, by="u-2")
    last = of(runtime, person)[-1]
    assert (last.act, last.who, last.data["undoes"]) == ("picture.decision_undone", "u-2", made.event_id)


def test_only_events_that_there_are_have_an_act() -> None:
    assert set(AUDITED) <= set(EventKind)
