"""A person who is erased is nowhere: not in the database's files, not in the store, not beside them."""

import asyncio
import hashlib
import importlib
import io
import json
import os
import signal
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from db.engine import Record, Session
from db.errors import Erased
from db.event_kinds import EventKind
from db.ids import new_id
from db.models import (
    Base,
    CallState,
    Character,
    CharacterStatus,
    ConsentRole,
    ErasureReason,
    ErasureStep,
    PromptArtifact,
    Review,
)
from db.repositories import assets, calls, characters, erasing, erasures, events, images, saved_views
from db.repositories.erasing import PersonRows
from flows.character_run import run_character
from flows.erasure import drop_results
from flows.run_request import RunRequest
from flows.submit import PrefectUnreachable, forget_character
from tasks.backup.errors import BackupError
from tasks.backup.make import back_up
from tasks.backup.restore import generation_at, restore
from tasks.backup.settings import backup_settings
from tasks.backup.source import Source
from tasks.backup.target import target_at
from tasks.backup.vault import open_vault
from tasks.consent.record import give_consent
from tasks.create_character import create_character
from tasks.erasure import job
from tasks.erasure.access import access_archive
from tasks.erasure.ask import UnderLegalHold, ask_erasure, plan_of, preview_erasure
from tasks.erasure.certificate import is_whole
from tasks.erasure.holds import lift_hold, place_hold
from tasks.erasure.job import Elsewhere, erase_again, finish_erasures, go_on
from tasks.erasure.notes import ErasureNote, write_note
from tasks.errors import UsageError
from tasks.giving.kept_scaled import ScaledPictures
from tasks.intake.normalize import NormalizedPhoto
from tasks.pipeline import untracked
from tasks.providers.protocols import Photo, Store
from tasks.providers.store.disk import DiskStore
from tasks.runtime import Runtime
from tests.support.providers import BookkeepingImage, BookkeepingVision, a_picture
from tests.support.slices import in_slices

NAME = "Zölestine-Gundula Mötherwell"


def drawn(runtime: Runtime, name: str, shade: int, *styles: str) -> str:
    data = a_picture((shade, 90, 90)) + name.encode()  # a photo of its own, to be looked for
    photo = Photo(data=data, sha256=hashlib.sha256(data).hexdigest(), width=82, height=102)
    normalized = NormalizedPhoto(photo=photo, faces=1, warnings=[])
    character_id = create_character(runtime, photo=normalized, name=name, gender="girl", consent=True)
    request = RunRequest(character_id, styles or ("storybook", "anime"), f"run-of-{shade}")
    result = asyncio.run(run_character(request, untracked, runtime))
    assert not result.failures
    return character_id


def erase(runtime: Runtime, character_id: str, *, keep_canon: bool = False) -> ErasureStep:
    return go_on(runtime, ask_erasure(runtime, character_id=character_id, by=None, keep_canon=keep_canon))


def bytes_of(runtime: Runtime, character_id: str) -> list[bytes]:
    """The photo and the pictures of a character, as the store has them."""
    with runtime.record.reading() as session:
        character = characters.get(session, character_id)
        assert character.photo_asset_id is not None
        keys = [variant.asset.storage_key for variant in images.of_character(session, character_id)]
        keys.append(assets.get(session, character.photo_asset_id).storage_key)
    return [runtime.store.get(key) for key in keys]


def scaled_of(runtime: Runtime, character_id: str) -> list[bytes]:
    """The character's pictures as pages show them; made, and kept in the store, by asking."""
    with runtime.record.reading() as session:
        digests = [variant.asset.sha256 for variant in images.of_character(session, character_id)]
    pictures = ScaledPictures(runtime)
    return [pictures.get(digest, width) for digest in digests for width in (240, 480)]


def found_in(folder: Path, wanted: list[bytes]) -> list[str]:
    """Every file below `folder` that holds one of these, in its name or in itself."""
    return [
        str(file.relative_to(folder))
        for file in sorted(folder.rglob("*"))
        if file.is_file() and any(each in file.read_bytes() or each in bytes(file) for each in wanted)
    ]


def test_of_an_erased_person_no_byte_is_left(runtime: Runtime, tmp_path: Path) -> None:
    gone = drawn(runtime, NAME, 10)
    stays = drawn(runtime, "Somebody Else", 40)
    small = scaled_of(runtime, gone)
    wanted = [NAME.encode(), b"motherwell", b"round face", *bytes_of(runtime, gone), *small]
    kept = bytes_of(runtime, stays) + scaled_of(runtime, stays)
    assert len(found_in(tmp_path, small)) == len(small) > 0
    assert found_in(tmp_path, wanted[:2])
    assert erase(runtime, gone) is ErasureStep.DONE
    assert found_in(tmp_path, [wanted[0], wanted[1], *wanted[3:]]) == []
    assert bytes_of(runtime, stays) + scaled_of(runtime, stays) == kept


def test_what_was_spent_stays_without_the_person(runtime: Runtime) -> None:
    character_id = drawn(runtime, NAME, 10)
    with runtime.record.reading() as session:
        before = calls.spent_microusd(session, character_id=character_id)
    erase(runtime, character_id)
    with runtime.record.reading() as session:
        character = characters.get(session, character_id)
        assert calls.spent_microusd(session, character_id=character_id) == before > 0
        assert (character.name, character.status) == ("Erased", CharacterStatus.ERASED)
        assert {
            call.result for call in calls.of_character(session, character_id) if call.kind == "vision"
        } == {None}


def test_what_is_left_of_the_timeline_is_told_in_whole_words(runtime: Runtime) -> None:
    character_id = drawn(runtime, NAME, 10, "anime")
    with runtime.record.writing() as session:
        for kind in EventKind:
            events.add(session, kind=kind, actor="test", message=NAME, character_id=character_id)
    ask_erasure(runtime, character_id=character_id, by=None)
    with runtime.record.reading() as session:
        told = {event.message for event in events.timeline(session, character_id)}
    assert {"Profile corrected", "New picture", "Asked", "Ready"} <= told
    assert not [each for each in told if "{" in each or NAME in each]


def test_the_certificate_tells_what_went_and_holds_no_name(runtime: Runtime) -> None:
    character_id = drawn(runtime, NAME, 10)
    erase(runtime, character_id)
    with runtime.record.reading() as session:
        found = erasures.of_character(session, character_id)
    assert found is not None and found.certificate is not None
    told = found.certificate
    assert found.plan == {}
    assert is_whole(told) and not is_whole(told | {"erased_at": "yesterday"})
    assert [each["kind"] for each in told["deleted"]["objects"]].count("photo") == 1
    assert len(told["deleted"]["objects"]) == 3
    assert NAME not in str(told)


@pytest.mark.parametrize(("image", "told"), [("local", ()), ("replicate", ("replicate",))])
def test_only_who_is_outside_the_house_is_said_to_have_a_copy(
    runtime: Runtime, image: str, told: tuple[str, ...]
) -> None:
    eyes, brush = BookkeepingVision(name="local", charges=False), BookkeepingImage(name=image)
    character_id = drawn(replace(runtime, vision=eyes, image=brush), NAME, 90)
    assert preview_erasure(runtime, character_id=character_id).processors == told


def test_a_later_run_finds_them_erased_and_spends_nothing(runtime: Runtime) -> None:
    character_id = drawn(runtime, NAME, 10)
    erase(runtime, character_id)
    assert isinstance(runtime.image, BookkeepingImage)
    before = runtime.image.billed.total()
    request = RunRequest(character_id, ("watercolor",), "run-later")
    result = asyncio.run(run_character(request, untracked, runtime))
    assert result.failures[""].code == "erased"
    assert runtime.image.billed.total() == before


@pytest.mark.parametrize("where", ["before_billing", "after_billing", "on_collect"])
def test_who_is_erased_in_mid_run_leaves_nothing_behind(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    character_id = drawn(runtime, NAME, 10, "storybook")
    asked: list[str] = []

    def erase_now(_style: str) -> None:
        if not asked:
            asked.append(ask_erasure(runtime, character_id=character_id, by=None))

    request = RunRequest(character_id, ("anime",), "run-again")
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(runtime.image, where, erase_now)
        result = asyncio.run(run_character(request, untracked, runtime))
    assert result.failures and not result.made
    monkeypatch.setattr("tasks.erasure.workers.is_gone", lambda _owner: True)  # its process has ended
    assert go_on(runtime, asked[0]) is ErasureStep.DONE
    assert found_in(tmp_path, [NAME.encode()]) == []
    assert list(runtime.store.iterate("pictures/")) == list(runtime.store.iterate("receipts/")) == []
    with runtime.record.reading() as session:
        states = {call.state for call in calls.of_character(session, character_id)}
        spent = calls.spent_microusd(session, character_id=character_id)
    assert not states & {CallState.CLAIMED, CallState.SENDING, CallState.ACCEPTED, CallState.UNKNOWN}
    assert drawn(runtime, NAME, 10, "anime")  # the same photo, consented to anew
    with runtime.record.reading() as session:
        assert calls.spent_microusd(session, character_id=character_id) == spent


STEPS_OF_JOB = ("close_calls", "delete_objects", "note_in_daily_backup", "_compact", "_finish")
STEPS = (
    ("tasks.erasure.ask.write_note", "after"),
    ("db.repositories.erasing.erase_rows", "before"),
    ("db.repositories.erasing.erase_rows", "after"),  # inside the transaction, which is lost
    *((f"tasks.erasure.job.{step}", when) for step in STEPS_OF_JOB for when in ("before", "after")),
    ("tasks.erasure.objects._deleted", "after"),  # one object of several
)


@pytest.mark.parametrize(
    ("place", "when"),
    in_slices(STEPS, [*STEPS[:3], STEPS[6], STEPS[-1]]),
    ids=lambda each: each.rpartition(".")[2],
)
def test_kill_9_at_any_step_costs_nothing(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, when: str
) -> None:
    character_id = drawn(runtime, NAME, 10, "anime")
    wanted = [NAME.encode(), *bytes_of(runtime, character_id)]
    told: list[str] = []
    elsewhere = Elsewhere(forget=lambda forgotten, _rows: told.append(forgotten))
    runtime.record.close()
    child = os.fork()
    if child == 0:
        try:
            _dies_at(monkeypatch, place, when)
            afresh = replace(runtime, record=Record(runtime.record.url))
            go_on(afresh, ask_erasure(afresh, character_id=character_id, by=None), elsewhere)
        finally:
            os._exit(1)  # it was to be killed
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    finish_erasures(runtime, elsewhere)
    assert found_in(tmp_path, wanted) == []
    with runtime.record.reading() as session:
        found = erasures.of_character(session, character_id)
    assert found is not None and found.step is ErasureStep.DONE
    assert set(told) <= {character_id}


def _dies_at(monkeypatch: pytest.MonkeyPatch, place: str, when: str) -> None:
    module, _, name = place.rpartition(".")
    real: Callable[..., object] = getattr(importlib.import_module(module), name)

    def dies(*arguments: Any, **options: Any) -> object:
        if when == "after":
            real(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("nobody lives here")

    monkeypatch.setattr(place, dies)


def test_a_crash_after_the_note_is_made_good(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    character_id = drawn(runtime, NAME, 10)
    with monkeypatch.context() as patched:
        patched.setattr("tasks.erasure.ask._erased", lambda *_a, **_k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ask_erasure(runtime, character_id=character_id, by=None)
    finish_erasures(runtime)
    with runtime.record.reading() as session:
        assert characters.get(session, character_id).status is CharacterStatus.ERASED


def test_an_older_database_erases_again(runtime: Runtime, tmp_path: Path) -> None:
    character_id = drawn(runtime, NAME, 10)
    runtime.record.close()
    older = (tmp_path / "record.db").read_bytes()
    erase(runtime, character_id)
    runtime.record.close()
    (tmp_path / "record.db").write_bytes(older)
    for left in ("record.db-wal", "record.db-shm"):
        (tmp_path / left).unlink(missing_ok=True)
    assert erase_again(runtime) == 1
    finish_erasures(runtime)
    assert erase_again(runtime) == 0
    assert found_in(tmp_path, [NAME.encode()]) == []
    with runtime.record.reading() as session:
        found = erasures.of_character(session, character_id)
    assert found is not None and found.reason is ErasureReason.RESTORED


def test_the_approved_picture_may_stay_byte_for_byte(runtime: Runtime, tmp_path: Path) -> None:
    character_id = drawn(runtime, NAME, 10)
    with pytest.raises(UsageError, match="consent does not say"):
        ask_erasure(runtime, character_id=character_id, by=None, keep_canon=True)
    give_consent(
        runtime,
        character_id=character_id,
        processors=(),
        by=None,
        role=ConsentRole.PARENT,
        keep_canon=True,
    )
    with runtime.record.writing() as session:
        canon = images.of_character(session, character_id)[0]
        images.review(session, canon.image.id, review=Review.LOCKED, actor="test")
    before, photo = runtime.store.get(canon.asset.storage_key), bytes_of(runtime, character_id)[-1]
    assert erase(runtime, character_id, keep_canon=True) is ErasureStep.DONE
    with runtime.record.reading() as session:
        left = images.of_character(session, character_id)
        assert [each.asset.id for each in left] == [canon.asset.id]
        assert (left[0].prompt.text, left[0].prompt.parameters, left[0].image.likeness) == ("", {}, None)
    assert runtime.store.get(canon.asset.storage_key) == before
    assert found_in(tmp_path, [NAME.encode(), photo]) == []


def test_a_twin_of_the_same_photo_keeps_what_is_theirs(runtime: Runtime) -> None:
    data = a_picture((77, 90, 90))
    photo = Photo(data=data, sha256=hashlib.sha256(data).hexdigest(), width=82, height=102)
    both = []
    for name in ("First", "Second"):
        normalized = NormalizedPhoto(photo=photo, faces=1, warnings=[])
        made = create_character(runtime, photo=normalized, name=name, gender="girl", consent=True)
        request = RunRequest(made, ("storybook",), f"run-of-{name}")
        assert not asyncio.run(run_character(request, untracked, runtime)).failures
        both.append(made)
    kept = bytes_of(runtime, both[1])
    assert erase(runtime, both[0]) is ErasureStep.DONE
    assert bytes_of(runtime, both[1]) == kept
    assert erase(runtime, both[1]) is ErasureStep.DONE
    assert [*runtime.store.iterate("pictures/"), *runtime.store.iterate("photos/")] == []


def test_a_twin_who_was_not_shown_it_yet_is_no_obstacle(runtime: Runtime) -> None:
    data = a_picture((78, 90, 90))
    photo = Photo(data=data, sha256=hashlib.sha256(data).hexdigest(), width=82, height=102)
    both = []
    for name in ("First", "Second"):
        normalized = NormalizedPhoto(photo=photo, faces=1, warnings=[])
        both.append(create_character(runtime, photo=normalized, name=name, gender="girl", consent=True))
    request = RunRequest(both[0], ("storybook",), "run-of-first")
    assert not asyncio.run(run_character(request, untracked, runtime)).failures
    _prompt_alone(runtime, *both)  # its run was stopped right after the prompts
    picture = bytes_of(runtime, both[0])[0]
    assert erase(runtime, both[0]) is ErasureStep.DONE
    assert (
        runtime.store.get(next(iter(runtime.store.iterate("pictures/"))).key) == picture
    )  # it is the other's
    assert erase(runtime, both[1]) is ErasureStep.DONE
    assert [*runtime.store.iterate("pictures/"), *runtime.store.iterate("photos/")] == []


def _prompt_alone(runtime: Runtime, of: str, to: str) -> None:
    """Let `to` have asked for the very piece of work that `of` was shown."""
    with runtime.record.writing() as session:
        prompt = images.of_character(session, of)[0].prompt
        values = {column.name: getattr(prompt, column.name) for column in PromptArtifact.__table__.columns}
        session.add(PromptArtifact(**values | {"id": new_id(), "character_id": to, "profile_id": None}))


def test_a_hold_keeps_them(runtime: Runtime) -> None:
    character_id = drawn(runtime, NAME, 10)
    place_hold(runtime, character_id=character_id, reason="a case is open", by=None)
    with pytest.raises(UnderLegalHold):
        ask_erasure(runtime, character_id=character_id, by=None)
    assert lift_hold(runtime, character_id=character_id, by=None)
    assert erase(runtime, character_id) is ErasureStep.DONE
    with pytest.raises(Erased):
        place_hold(runtime, character_id=character_id, reason="too late", by=None)


def test_a_hold_keeps_them_from_a_note_that_a_crash_left(runtime: Runtime) -> None:
    character_id = drawn(runtime, NAME, 10, "anime")
    write_note(runtime.store, ErasureNote(character_id, "asked", None, False))
    place_hold(runtime, character_id=character_id, reason="a case is open", by=None)
    assert erase_again(runtime) == 0
    lift_hold(runtime, character_id=character_id, by=None)
    assert erase_again(runtime) == 1


def test_a_hold_placed_in_the_same_moment_leaves_no_note(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    character_id = drawn(runtime, NAME, 10, "anime")

    def note_and_hold(store: Store, note: ErasureNote) -> bool:
        written = write_note(store, note)
        place_hold(runtime, character_id=character_id, reason="a case is open", by=None)
        return written

    with monkeypatch.context() as patched:
        patched.setattr("tasks.erasure.ask.write_note", note_and_hold)
        with pytest.raises(UnderLegalHold):
            ask_erasure(runtime, character_id=character_id, by=None)
    lift_hold(runtime, character_id=character_id, by=None)
    assert erase_again(runtime) == 0  # nobody asks for it


def test_one_that_fails_stops_no_other(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    both = [drawn(runtime, name, shade, "anime") for name, shade in (("First", 10), ("Second", 40))]
    for each in both:
        write_note(runtime.store, ErasureNote(each, "asked", "0199-no-user-of-this-database", False))
    real = erasing.find

    def fails_for_the_first(session: Session, character: Character, **options: bool) -> PersonRows:
        assert character.id != both[0]
        return real(session, character, **options)

    with monkeypatch.context() as patched:
        patched.setattr("db.repositories.erasing.find", fails_for_the_first)
        assert erase_again(runtime) == 1
    assert erase_again(runtime) == 1
    real_go_on = job.go_on

    def stuck(runtime: Runtime, erasure_id: str, *rest: Any, **options: Any) -> ErasureStep:
        with runtime.record.reading() as session:
            assert erasures.get(session, erasure_id).character_id != both[0]
        return real_go_on(runtime, erasure_id, *rest, **options)

    with monkeypatch.context() as patched:
        patched.setattr(job, "go_on", stuck)
        with pytest.raises(AssertionError):
            finish_erasures(runtime)
    with runtime.record.reading() as session:
        second = erasures.of_character(session, both[1])
        assert second is not None and second.step is ErasureStep.DONE
    assert finish_erasures(runtime) == 1


def test_the_file_is_rewritten_once_for_all_of_a_round(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, shade in (("First", 10), ("Second", 40)):
        ask_erasure(runtime, character_id=drawn(runtime, name, shade, "anime"), by=None)
    compacted: list[Runtime] = []
    monkeypatch.setattr(job, "_compact", compacted.append)
    assert finish_erasures(runtime) == 2
    assert len(compacted) == 1


def test_a_backup_place_that_is_away_does_not_keep_the_photo(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_note: object) -> None:
        raise BackupError("The place of the backups is away.")

    character_id = drawn(runtime, NAME, 10, "anime")
    with monkeypatch.context() as patched:
        patched.setattr(job, "note_in_daily_backup", away)
        assert erase(runtime, character_id) is ErasureStep.BYTES
    assert [*runtime.store.iterate("pictures/"), *runtime.store.iterate("photos/")] == []
    assert finish_erasures(runtime) == 1


@pytest.mark.parametrize(
    ("name", "address", "stays"),
    [
        ("Motherwell's", "status=ready", False),
        ("Mine", "q=Zolestine", False),
        ("Mine", "q=m%C3%B6therw+ell&status=ready", True),
        ("Waiting", "status=ready", True),
    ],
)
def test_a_view_that_names_them_is_forgotten(runtime: Runtime, name: str, address: str, stays: bool) -> None:
    character_id = drawn(runtime, NAME, 10, "anime")
    with runtime.record.writing() as session:
        saved_views.keep(session, name=name, address=address, created_by=None)
    ask_erasure(runtime, character_id=character_id, by=None)
    with runtime.record.reading() as session:
        assert [view.name for view in saved_views.every(session)] == ([name] if stays else [])


def test_prefects_results_that_name_them_go(runtime: Runtime, tmp_path: Path) -> None:
    character_id = drawn(runtime, NAME, 10)
    erasure_id = ask_erasure(runtime, character_id=character_id, by=None)
    with runtime.record.reading() as session:
        rows, _ = plan_of(erasures.get(session, erasure_id))
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "theirs").write_text(f'{{"result": "{rows.own_ids[0]}"}}')
    (folder / "of-another").write_text('{"result": "0199"}')
    assert drop_results(folder, rows) == 1
    assert [file.name for file in folder.iterdir()] == ["of-another"]


def test_a_folder_of_results_that_vanishes_meanwhile_stops_no_erasure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "goes").mkdir()
    (tmp_path / "stays").write_text("character-1")
    scan = os.scandir

    def vanishing(folder: Any) -> Any:
        if Path(folder).name == "goes":
            raise FileNotFoundError(2, "gone meanwhile", str(folder))
        return scan(folder)

    monkeypatch.setattr("os.scandir", vanishing)
    rows: Any = SimpleNamespace(own_ids=["character-1"])
    assert drop_results(tmp_path, rows) == 1


@pytest.mark.parametrize("key", ["", "a pass phrase"])
def test_a_backup_from_before_restored_elsewhere_erases_again(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    place = tmp_path / "backup"
    monkeypatch.setenv("STORYKIN_BACKUP_TO", str(place))
    monkeypatch.setenv("STORYKIN_BACKUP_KEY", key)
    backup_settings.cache_clear()
    try:
        gone, stays = drawn(runtime, NAME, 10, "anime"), drawn(runtime, "Somebody Else", 40, "anime")
        target = target_at(str(place))
        back_up(Source(runtime.record.url, runtime.store), target, phrase=key)
        assert erase(runtime, gone) is ErasureStep.DONE
        vault = open_vault(target, key)
        new = tmp_path / "new"
        into = Source(
            f"sqlite:///{new / 'record.db'}", DiskStore(new / "store", "http://127.0.0.1:7860", b"s" * 32)
        )
        new.mkdir()
        restore(vault, generation_at(vault, None), into)
    finally:
        backup_settings.cache_clear()
    restored = replace(runtime, record=Record(into.url), store=into.store)
    restored.record.close()
    assert found_in(new, [NAME.encode()])
    assert erase_again(restored) == 1
    assert finish_erasures(restored) == 1
    assert found_in(new, [NAME.encode()]) == []
    assert bytes_of(restored, stays) == bytes_of(runtime, stays)
    restored.record.close()


def test_the_database_does_not_wait_for_a_prefect_that_is_away(runtime: Runtime, tmp_path: Path) -> None:
    def away(_character_id: str, _rows: object) -> None:
        raise PrefectUnreachable("Prefect does not answer.")

    character_id = drawn(runtime, NAME, 10, "anime")
    erasure_id = ask_erasure(runtime, character_id=character_id, by=None)
    assert go_on(runtime, erasure_id, Elsewhere(forget=away)) is ErasureStep.PREFECT
    assert found_in(tmp_path, [NAME.encode()]) == []
    with runtime.record.reading() as session:
        assert erasures.get(session, erasure_id).waits_for == "Prefect does not answer."
    assert finish_erasures(runtime) == 1


def test_prefect_deletes_runs_and_artifacts(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {"/flow_runs": ["run-1", "run-2"], "/artifacts": ["profile"]}

    def ask(_method: str, path: str, _body: object = None) -> list[dict[str, str]]:
        return [{"id": each} for each in held[path.removesuffix("/filter")]]

    def delete(path: str) -> None:
        kind, _, name = path.rpartition("/")
        held[kind].remove(name)

    monkeypatch.setattr("flows.submit.ask", ask)
    monkeypatch.setattr("flows.submit._delete", delete)
    assert forget_character("0199") == 2
    assert held == {"/flow_runs": [], "/artifacts": []}


def test_no_face_template_is_ever_on_record(runtime: Runtime, tmp_path: Path) -> None:
    """A template of SFace is 128 numbers: no column, document or object holds so long a row of numbers."""
    character_id = drawn(runtime, NAME, 10, "anime")
    with zipfile.ZipFile(io.BytesIO(access_archive(runtime, character_id=character_id))) as archive:
        told = json.loads(archive.read("record.json"))
    receipts = [json.loads(runtime.store.get(each.key)) for each in runtime.store.iterate("receipts/")]
    assert longest_row_of_numbers([told, receipts]) < 64
    kinds = {str(column.type) for table in Base.metadata.sorted_tables for column in table.columns}
    assert not {kind for kind in kinds if "BLOB" in kind or "BINARY" in kind or "VECTOR" in kind}


def longest_row_of_numbers(told: object) -> int:
    if isinstance(told, dict):
        return max(map(longest_row_of_numbers, told.values()), default=0)
    if isinstance(told, list):
        numbers = sum(isinstance(each, int | float) for each in told)
        return max([numbers, *map(longest_row_of_numbers, told)])
    return 0
