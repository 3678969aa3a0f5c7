"""What no row names is put into quarantine, kept a month, and deleted little by little: never in bulk."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from db.ids import new_id, utc_now
from tasks.describe_photo import describe_photo
from tasks.errors import StoreError
from tasks.housekeeping import sweep
from tasks.illustrate import illustrate
from tasks.runtime import Runtime
from tasks.storage import quarantine
from tasks.storage.binding import require_bound
from tasks.storage.generations import follow_store, is_behind, take_turn
from tasks.write_prompt import write_prompt
from tests.support.passing_time import pass_time
from tests.support.runtimes import new_character, open_runtime

DAY = timedelta(days=1)
ORPHAN = "pictures/aa/unnamed.png"


@pytest.fixture
def bound(runtime: Runtime) -> Runtime:
    require_bound(runtime)
    return runtime


def keys(runtime: Runtime, prefix: str) -> list[str]:
    return [found.key for found in runtime.store.iterate(prefix)]


def code_of(error: pytest.ExceptionInfo[StoreError]) -> str:
    return error.value.code


def test_uploads_nobody_used_are_deleted_and_photos_in_use_are_kept(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime.store.put(f"incoming/{new_id()}", b"photo", "image/jpeg")
    runtime.store.put("inputs/lent.jpg", b"photo", "image/jpeg")
    kept = keys(runtime, "photos/")
    pass_time(runtime.store, monkeypatch, 3 * DAY)

    assert sweep.drop_stale_uploads(runtime) == 1
    assert sweep.drop_handed_over_photos(runtime) == 1
    assert sweep.quarantine_unnamed(runtime) == 0

    assert keys(runtime, "incoming/") == keys(runtime, "inputs/") == []
    assert keys(runtime, "photos/") == kept and character_id


def test_fresh_uploads_and_fresh_bytes_are_left_alone(bound: Runtime) -> None:
    bound.store.put(f"incoming/{new_id()}", b"photo", "image/jpeg")
    bound.store.put(ORPHAN, b"picture", "image/png")

    assert sweep.drop_stale_uploads(bound) == 0
    assert sweep.quarantine_unnamed(bound) == 0


@pytest.mark.parametrize("key", [ORPHAN, "photos/unnamed.jpg", "thumbnails/unnamed.webp"])
def test_what_no_row_names_waits_a_month_in_quarantine(
    bound: Runtime, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound.store.put(key, b"bytes", "image/png")
    pass_time(bound.store, monkeypatch, 2 * DAY)

    assert sweep.quarantine_unnamed(bound) == 1

    assert bound.store.head(key) is None
    (there,) = quarantine.contents(bound.store)
    assert (there.key, there.size) == (key, 5)
    assert bound.store.get(f"quarantine/{key}") == b"bytes"
    assert sweep.empty_quarantine(bound) == 0
    pass_time(bound.store, monkeypatch, 31 * DAY)  # since it was written; in quarantine it is two days less
    assert sweep.empty_quarantine(bound) == 0
    pass_time(bound.store, monkeypatch, 33 * DAY)
    assert sweep.empty_quarantine(bound) == 1
    assert keys(bound, "quarantine") == []


def test_what_is_in_quarantine_can_be_brought_back(bound: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    bound.store.put(ORPHAN, b"picture", "image/png")
    pass_time(bound.store, monkeypatch, 2 * DAY)
    sweep.quarantine_unnamed(bound)

    back = quarantine.bring_back(bound.store, ORPHAN)

    assert back is not None and (back.key, back.content_type) == (ORPHAN, "image/png")
    assert bound.store.get(ORPHAN) == b"picture"
    assert keys(bound, "quarantine") == []
    assert quarantine.bring_back(bound.store, ORPHAN) is None


@pytest.mark.parametrize(("same", "deleted"), [(True, 1), (False, 0)])
def test_a_copy_of_what_is_back_in_its_place_expires_unless_the_bytes_differ(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch, same: bool, deleted: int
) -> None:
    (photo,) = keys(runtime, "photos/")
    back = runtime.store.get(photo) if same else b"other bytes"
    assert quarantine.put_away(runtime.store, photo, why="test")
    runtime.store.put(photo, back, "image/jpeg")
    pass_time(runtime.store, monkeypatch, 20 * DAY)
    assert sweep.empty_quarantine(runtime) == 0, "its month is not over"
    pass_time(runtime.store, monkeypatch, 60 * DAY)
    assert sweep.empty_quarantine(runtime) == deleted
    assert runtime.store.get(photo) == back and character_id
    assert bool(keys(runtime, "quarantine/")) is not same


def test_copies_are_compared_by_what_is_noted_first_and_read_only_as_far_as_a_round_may(
    bound: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        key = f"photos/{number}.jpg"
        bound.store.put(key, b"photo", "image/jpeg")
        assert quarantine.put_away(bound.store, key, why="test")
        bound.store.put(key, b"other" if number == 0 else b"photo", "image/jpeg")
    pass_time(bound.store, monkeypatch, 60 * DAY)
    monkeypatch.setattr(sweep, "named_among", lambda _pair, keys: set(keys))
    read: list[str] = []
    real = bound.store.get

    def get(key: str) -> bytes:
        read.append(key)
        return real(key)

    monkeypatch.setattr(bound.store, "get", get)
    found, more = sweep._expired(bound, 1)
    assert ([each.key for each in found], more) == (["photos/1.jpg"], 0)
    assert [key for key in read if key.startswith("photos/")] == ["photos/1.jpg"]


def test_what_a_row_names_again_comes_back_by_itself(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the right database is put back after a wrong one was at it."""
    (photo,) = keys(runtime, "photos/")
    assert quarantine.put_away(runtime.store, photo, why="test")
    pass_time(runtime.store, monkeypatch, 60 * DAY)

    assert sweep.empty_quarantine(runtime) == 0, "a row names it"
    assert sweep.bring_back_named(runtime) == 1

    assert keys(runtime, "photos/") == [photo] and character_id


@pytest.mark.parametrize("step", ["put", "get", "delete"])
def test_a_crash_on_the_way_to_quarantine_loses_nothing(
    bound: Runtime, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound.store.put(ORPHAN, b"picture", "image/png")
    done = getattr(bound.store, step)
    times = iter(range(10))

    def crashing(*arguments: object) -> object:
        if next(times) == 1:
            raise StoreError("The disk went away.", code="store_unreachable")
        return done(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(bound.store, step, crashing)
        try:
            quarantine.put_away(bound.store, ORPHAN, why="test")
        except StoreError:
            assert bound.store.get(ORPHAN) == b"picture"
    quarantine.put_away(bound.store, ORPHAN, why="test")
    assert bound.store.get(f"quarantine/{ORPHAN}") == b"picture"
    assert bound.store.head(ORPHAN) is None


def test_a_few_are_moved_a_round_and_the_rest_later(
    bound: Runtime, monkeypatch: pytest.MonkeyPatch, named: int = 40
) -> None:
    _fill(bound, named=named, unnamed=9)
    pass_time(bound.store, monkeypatch, 2 * DAY)

    plan = sweep.plan_sweep(bound)
    moved = [sweep.quarantine_unnamed(bound) for _ in range(3)]

    assert (plan.unnamed, len(plan.to_quarantine), plan.left_for_later, plan.held) == (9, 5, 4, "")
    assert moved == [5, 4, 0]


def test_a_database_that_names_too_little_takes_nothing(
    bound: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Emptied by an accident, or restored from before most of it."""
    _fill(bound, named=10, unnamed=10)
    pass_time(bound.store, monkeypatch, 400 * DAY)

    plan = sweep.plan_sweep(bound)
    with pytest.raises(StoreError) as error:
        sweep.quarantine_unnamed(bound)

    assert code_of(error) == sweep.HELD
    assert "names 10 of the 20 objects" in plan.held and "storykin quarantine add" in plan.held
    assert len(keys(bound, "pictures/")) == 20


def test_deleting_from_quarantine_stops_at_its_cap(bound: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    _fill(bound, named=10, unnamed=12)
    pass_time(bound.store, monkeypatch, 2 * DAY)
    assert sweep.put_all_away(bound, sweep.unnamed_for_a_day(bound)) == 12
    pass_time(bound.store, monkeypatch, 60 * DAY)

    assert len(sweep.plan_sweep(bound).to_delete) == 5
    assert sweep.plan_sweep(bound).left_for_later == 7
    assert sweep.empty_quarantine(bound) == 5
    assert len(list(quarantine.contents(bound.store))) == 7


def test_a_listing_that_breaks_off_moves_nothing(bound: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    _fill(bound, named=5, unnamed=2)
    pass_time(bound.store, monkeypatch, 2 * DAY)
    real = bound.store.iterate

    def broken(prefix: str) -> Iterator[object]:
        for number, found in enumerate(real(prefix)):
            if prefix == "pictures/" and number == 4:
                raise StoreError("The store went away.", code="store_unreachable")
            yield found

    monkeypatch.setattr(bound.store, "iterate", broken)

    with pytest.raises(StoreError):
        sweep.quarantine_unnamed(bound)
    monkeypatch.undo()
    assert len(keys(bound, "pictures/")) == 7


@pytest.mark.parametrize("skew", [-400 * DAY, 400 * DAY], ids=["behind", "ahead"])
def test_this_machines_clock_makes_nothing_older(
    bound: Runtime, skew: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound.store.put(ORPHAN, b"picture", "image/png")
    quarantine.put_away(bound.store, ORPHAN, why="test")
    bound.store.put("pictures/aa/fresh.png", b"picture", "image/png")
    monkeypatch.setattr("db.ids.utc_now", lambda: datetime.now(tz=utc_now().tzinfo) + skew)
    monkeypatch.setattr("time.time", lambda: 0.0)

    assert sweep.quarantine_unnamed(bound) == 0
    assert sweep.empty_quarantine(bound) == 0


def test_a_clock_that_is_set_forward_moves_and_deletes_nothing(
    bound: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store on this machine's disk has no clock but that one."""
    bound.store.put(ORPHAN, b"picture", "image/png")
    quarantine.put_away(bound.store, ORPHAN, why="test")
    bound.store.put("pictures/aa/fresh.png", b"picture", "image/png")
    bound.store.put(f"incoming/{new_id()}", b"photo", "image/jpeg")
    monkeypatch.setattr(bound.store, "now", lambda: utc_now() + 400 * DAY)

    assert sweep.quarantine_unnamed(bound) == 0
    assert sweep.empty_quarantine(bound) == 0
    assert sweep.drop_stale_uploads(bound) == 0


def test_a_restored_record_knows_that_it_is_older_than_its_store(
    bound: Runtime, tmp_path: Path, migrated_record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    character_id = new_character(bound)
    sweep.quarantine_unnamed(bound)
    bound.record.close()
    shutil.copy(tmp_path / "record.db", tmp_path / "backup.db")
    profile_id = describe_photo(bound, character_id)
    work = write_prompt(bound, character_id=character_id, profile_id=profile_id, style="anime", ordinal=1)
    illustrate(bound, work)
    sweep.quarantine_unnamed(bound)
    pass_time(bound.store, monkeypatch, 3 * DAY)

    with restored_from(tmp_path / "backup.db", bound, migrated_record) as older:
        before = keys(older, "pictures/")
        assert len(before) == 1
        with pytest.raises(StoreError) as error:
            sweep.quarantine_unnamed(older)
        assert code_of(error) == "record_behind_store"
        assert keys(older, "pictures/") == before
        require_bound(older, afresh=True)  # its work goes on

        follow_store(older)

        assert not is_behind(older)
        assert sweep.quarantine_unnamed(older) == 4, "a picture, two receipts, a note"
        assert is_behind(bound), "whoever had the store before stops"


def test_two_copies_of_one_record_do_not_both_sweep(
    bound: Runtime, tmp_path: Path, migrated_record: Path
) -> None:
    new_character(bound)
    take_turn(bound)
    bound.record.close()
    shutil.copy(tmp_path / "record.db", tmp_path / "backup.db")
    with restored_from(tmp_path / "backup.db", bound, migrated_record) as copy:
        take_turn(copy)
        with pytest.raises(StoreError) as error:
            take_turn(bound)
        assert code_of(error) == "record_behind_store"
        take_turn(copy)


def test_a_round_that_died_between_record_and_store_goes_on(
    bound: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_turn(bound)
    with monkeypatch.context() as patch:
        patch.setattr("tasks.storage.generations._write", _die)
        with pytest.raises(KeyboardInterrupt):
            take_turn(bound)
    assert not is_behind(bound)
    for _ in range(3):
        take_turn(bound)
    assert len(keys(bound, "installation/generations/")) == 1


def _die(*_arguments: object) -> None:
    raise KeyboardInterrupt


def restored_from(backup: Path, runtime: Runtime, migrated: Path):  # type: ignore[no-untyped-def]
    """A runtime on a copy of `backup` and on the very store of `runtime`."""
    from contextlib import contextmanager

    @contextmanager
    def opened() -> Iterator[Runtime]:
        folder = backup.parent / f"restored-{new_id()}"
        folder.mkdir()
        with open_runtime(folder, migrated) as fresh:
            shutil.copy(backup, folder / "record.db")
            yield Runtime(
                record=fresh.record, store=runtime.store, vision=runtime.vision, image=runtime.image
            )

    return opened()


def _fill(runtime: Runtime, *, named: int, unnamed: int) -> None:
    from tests.support.rows import an_asset

    with runtime.record.writing() as session:
        for number in range(named):
            an_asset(session, f"pictures/aa/named-{number}.png")
    for number in range(named):
        runtime.store.put(f"pictures/aa/named-{number}.png", b"bytes", "image/png")
    for number in range(unnamed):
        runtime.store.put(f"pictures/bb/unnamed-{number}.png", b"bytes", "image/png")
