"""A record and a store that belong together know each other; two that do not are never mixed."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from db.ids import utc_now
from db.models import AssetKind
from db.repositories import assets, installation
from tasks.errors import StoreError
from tasks.housekeeping import sweep
from tasks.illustrate import illustrate
from tasks.providers.protocols import Store
from tasks.providers.store.disk import DiskStore
from tasks.runtime import Runtime
from tasks.storage.binding import (
    KEPT_PREFIXES,
    MARK_KEY,
    BindingState,
    adopt,
    look_at_binding,
    require_bound,
)
from tests.support.providers import BookkeepingImage, BookkeepingVision, a_picture
from tests.support.runtimes import new_character, new_work, open_runtime


@pytest.fixture
def another(tmp_path: Path, migrated_record: Path) -> Iterator[Callable[[], Runtime]]:
    """Makes further installations, each with a record and a store of its own."""
    with ExitStack() as stack:

        def made() -> Runtime:
            folder = tmp_path / f"other-{len(list(tmp_path.glob('other-*')))}"
            folder.mkdir()
            return stack.enter_context(open_runtime(folder, migrated_record))

        yield made


def on_store_of(record_of: Runtime, store_of: Runtime) -> Runtime:
    """The first one's record, pointed at the second one's store."""
    root = store_of.store
    assert isinstance(root, DiskStore)
    return Runtime(
        record=record_of.record,
        store=DiskStore(root.root, base_url="http://127.0.0.1:7860", secret=b"s" * 32),
        vision=BookkeepingVision(),
        image=BookkeepingImage(),
    )


def everything_in(store: Store) -> dict[str, bytes]:
    return {found.key: store.get(found.key) for found in store.iterate("")}


def as_before_there_were_marks(runtime: Runtime) -> None:
    """What an installation looks like right after it was updated."""
    runtime.store.delete(MARK_KEY)
    with runtime.record.writing() as session:
        row = installation.find(session)
        assert row is not None
        session.delete(row)


def code_of(attempt: Callable[[], object]) -> str:
    with pytest.raises(StoreError) as error:
        attempt()
    return error.value.code


def test_a_new_record_and_an_empty_store_take_each_other_at_the_first_write(runtime: Runtime) -> None:
    assert look_at_binding(runtime).state is BindingState.OPEN
    assert list(runtime.store.iterate("")) == []

    new_character(runtime)

    found = look_at_binding(runtime)
    assert found.state is BindingState.BOUND
    assert json.loads(runtime.store.get(MARK_KEY))["installation"] == found.installation_id
    assert found.installation_id is not None and len(found.installation_id) == 36


def test_an_installation_of_yesterday_goes_on_as_if_nothing_had_happened(runtime: Runtime) -> None:
    work = new_work(runtime)
    as_before_there_were_marks(runtime)

    updated = on_store_of(runtime, runtime)
    assert look_at_binding(updated).state is BindingState.OPEN
    illustrate(updated, work)

    assert look_at_binding(runtime).state is BindingState.BOUND


@pytest.mark.parametrize("marked", [True, False], ids=["marked", "from before there were marks"])
def test_a_new_database_on_a_full_store_writes_nothing_and_deletes_nothing(
    marked: bool, another: Callable[[], Runtime], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = another()
    illustrate(old, new_work(old))
    old.store.put("incoming/photo", b"photo", "image/jpeg")
    old.store.put("inputs/photo.jpg", b"photo", "image/jpeg")
    if not marked:
        as_before_there_were_marks(old)
    mixed = on_store_of(another(), old)
    before = everything_in(mixed.store)
    monkeypatch.setattr(mixed.store, "now", lambda: utc_now() + timedelta(days=1000))

    assert code_of(lambda: new_character(mixed)) == "store_not_ours"
    for chore in (
        sweep.quarantine_unnamed,
        sweep.empty_quarantine,
        sweep.drop_stale_uploads,
        sweep.drop_handed_over_photos,
    ):
        assert code_of(lambda chore=chore: chore(mixed)) == "store_not_ours"  # type: ignore[misc]

    assert everything_in(mixed.store) == before
    found = look_at_binding(mixed)
    assert found.state is (BindingState.FOREIGN if marked else BindingState.UNKNOWN)
    assert "DATABASE_URL" in found.sentence and "storykin store adopt" in found.sentence


def test_nothing_is_bought_for_a_store_that_is_another_installations(
    another: Callable[[], Runtime],
) -> None:
    old, other = another(), another()
    new_character(old)
    work = new_work(other)
    mixed = on_store_of(other, old)
    photo_key = next(iter(other.store.iterate("photos/"))).key
    mixed.store.put(photo_key, other.store.get(photo_key), "image/jpeg")  # so that only the mark is wrong

    assert code_of(lambda: illustrate(mixed, work)) == "store_not_ours"

    assert isinstance(mixed.image, BookkeepingImage) and mixed.image.billed.total() == 0
    # Once the settings are right again nothing stands in the way, and nobody waits for a lease.
    illustrate(other, work)


def test_of_two_installations_on_one_store_the_second_is_turned_away(another: Callable[[], Runtime]) -> None:
    first, second = another(), another()
    new_character(first)
    new_character(second)

    assert look_at_binding(on_store_of(second, first)).state is BindingState.FOREIGN
    assert look_at_binding(on_store_of(first, second)).state is BindingState.FOREIGN
    assert look_at_binding(first).ok and look_at_binding(second).ok


def test_two_old_installations_that_share_a_store_do_not_both_get_it(
    another: Callable[[], Runtime],
) -> None:
    first, second = another(), another()
    new_character(first, shade=10)
    new_character(second, shade=20)
    shared = on_store_of(second, first)
    for found in second.store.iterate("photos/"):
        shared.store.put(found.key, second.store.get(found.key), "image/jpeg")
    as_before_there_were_marks(first)
    as_before_there_were_marks(second)

    require_bound(on_store_of(first, first))

    assert code_of(lambda: require_bound(shared)) == "store_not_ours"


def test_a_record_whose_store_is_another_one_does_not_begin_a_second_one(
    another: Callable[[], Runtime],
) -> None:
    settled, empty = another(), another()
    new_character(settled)

    mixed = on_store_of(settled, empty)

    assert look_at_binding(mixed).state is BindingState.ELSEWHERE
    assert code_of(lambda: new_character(mixed)) == "store_not_ours"
    assert everything_in(mixed.store) == {}


def test_a_mark_that_was_lost_is_written_again(runtime: Runtime) -> None:
    new_character(runtime)
    ours = look_at_binding(runtime).installation_id
    runtime.store.delete(MARK_KEY)

    require_bound(runtime, afresh=True)

    assert look_at_binding(runtime).store_id == ours


def test_a_damaged_mark_is_nobodys(runtime: Runtime) -> None:
    runtime.store.put(MARK_KEY, b"\x00 not json", "application/json")

    assert look_at_binding(runtime).state is BindingState.UNREADABLE
    assert code_of(lambda: new_character(runtime)) == "store_not_ours"


@pytest.mark.parametrize("prefix", KEPT_PREFIXES)
def test_bytes_of_any_kind_make_a_store_somebodys(runtime: Runtime, prefix: str) -> None:
    runtime.store.put(f"{prefix}one.bin", b"bytes", "application/octet-stream")

    assert look_at_binding(runtime).state is BindingState.UNKNOWN


def test_a_name_without_its_bytes_is_no_claim(runtime: Runtime) -> None:
    """The record names a key of the store, and other bytes are under it."""
    stored = runtime.store.put("pictures/aa/one.png", a_picture(), "image/png")
    with runtime.record.writing() as session:
        assets.ensure(
            session,
            kind=AssetKind.VARIANT,
            storage_key=stored.key,
            sha256="0" * 64,
            content_type="image/png",
            size_bytes=stored.size,
            width=82,
            height=102,
        )

    assert look_at_binding(runtime).state is BindingState.UNKNOWN


def test_an_explicit_act_makes_the_store_ours_and_stops_whoever_had_it(
    another: Callable[[], Runtime],
) -> None:
    old = another()
    new_character(old)
    mixed = on_store_of(another(), old)
    assert code_of(lambda: require_bound(mixed)) == "store_not_ours"

    adopt(mixed)

    new_character(mixed)
    assert code_of(lambda: require_bound(old, afresh=True)) == "store_not_ours"
    assert len(list(mixed.store.iterate("photos/"))) == 2


def test_a_copied_record_is_still_the_same_installation(
    runtime: Runtime, tmp_path: Path, migrated_record: Path
) -> None:
    new_character(runtime)
    runtime.record.close()
    folder = tmp_path / "restored"
    folder.mkdir()
    with open_runtime(folder, migrated_record) as restored:
        shutil.copy(tmp_path / "record.db", folder / "record.db")
        assert look_at_binding(on_store_of(restored, runtime)).state is BindingState.BOUND
