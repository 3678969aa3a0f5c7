"""The sweep on every store: what is asked of each is its own clock, its own listing and its own copies."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from db.engine import Record
from tasks.errors import StoreError
from tasks.housekeeping import sweep
from tasks.runtime import Runtime
from tasks.storage import quarantine
from tasks.storage.binding import BindingState, Pair, look_at_binding, require_bound
from tasks.storage.generations import take_turn
from tests.contract.conftest import Kept
from tests.support.passing_time import pass_time
from tests.support.providers import BookkeepingImage, BookkeepingVision

ORPHAN = "pictures/aa/unnamed.png"
DAY = timedelta(days=1)


@pytest.fixture
def runtime(kept: Kept, tmp_path: Path, migrated_record: Path) -> Iterator[Runtime]:
    runtime = installation(kept, tmp_path / "record.db", migrated_record)
    yield runtime
    runtime.record.close()


def installation(kept: Kept, file: Path, migrated: Path) -> Runtime:
    record = Record(f"sqlite:///{shutil.copy(migrated, file)}")
    return Runtime(record, kept.store, BookkeepingVision(), BookkeepingImage())


def test_its_clock_is_the_one_its_objects_are_dated_by(runtime: Runtime) -> None:
    before = runtime.store.now()
    runtime.store.put(ORPHAN, b"picture", "image/png")
    written = runtime.store.modified_at(ORPHAN)
    after = runtime.store.now()

    assert written is not None and before.tzinfo is not None
    assert before - timedelta(seconds=2) <= written <= after + timedelta(seconds=2)  # whole seconds on S3


def test_into_quarantine_and_back_and_for_good(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    require_bound(runtime)
    take_turn(runtime)
    runtime.store.put(ORPHAN, b"picture", "image/png")
    assert sweep.quarantine_unnamed(runtime) == 0
    pass_time(runtime.store, monkeypatch, 2 * DAY)

    assert sweep.quarantine_unnamed(runtime) == 1
    (there,) = quarantine.contents(runtime.store)
    assert (there.key, there.size) == (ORPHAN, 7) and there.since is not None
    back = quarantine.bring_back(runtime.store, ORPHAN)
    assert back is not None and back.content_type == "image/png"
    assert runtime.store.get(ORPHAN) == b"picture"
    assert list(quarantine.contents(runtime.store)) == []

    sweep.quarantine_unnamed(runtime)
    pass_time(runtime.store, monkeypatch, 40 * DAY)
    assert sweep.empty_quarantine(runtime) == 1
    assert [
        found.key for found in runtime.store.iterate("") if not found.key.startswith("installation/")
    ] == []


def test_of_two_installations_on_one_store_the_second_is_turned_away(
    kept: Kept, runtime: Runtime, tmp_path: Path, migrated_record: Path
) -> None:
    require_bound(runtime)
    runtime.store.put(ORPHAN, b"picture", "image/png")
    second = installation(kept, tmp_path / "second.db", migrated_record)

    assert look_at_binding(Pair(second.record, second.store)).state is BindingState.FOREIGN
    for chore in (sweep.quarantine_unnamed, sweep.empty_quarantine, sweep.bring_back_named):
        with pytest.raises(StoreError) as error:
            chore(second)
        assert error.value.code == "store_not_ours"
    assert runtime.store.get(ORPHAN) == b"picture"
    second.record.close()


def test_of_two_that_find_it_empty_at_once_one_gets_it(
    kept: Kept, runtime: Runtime, tmp_path: Path, migrated_record: Path
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    second = installation(kept, tmp_path / "second.db", migrated_record)

    def binds(runtime: Runtime) -> bool:
        try:
            require_bound(runtime, afresh=True)
        except StoreError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(binds, (runtime, second)))

    assert [binds(runtime), binds(second)].count(True) == 1
    second.record.close()
