"""Time stamps by an authority that speaks RFC 3161 (`openssl ts`), as c2pa's own reader sees them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.marks import time_stamps
from tasks.marks.facts import MarkFacts
from tasks.marks.identity import MarkIdentity
from tasks.marks.mark import mark
from tasks.marks.reader import ManifestState, read_manifest
from tasks.marks.settings import mark_settings
from tasks.marks.time_stamps import StampBook, ask_for_waiting, waiting
from tasks.providers.store.disk import DiskStore
from tests.support.time_authority import OPENSSL, TimeAuthority, time_authority

pytestmark = pytest.mark.skipif(OPENSSL is None, reason="the authority is openssl's")
PNG = "image/png"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimeAuthority]:
    with time_authority(tmp_path_factory.mktemp("authority")) as known:
        yield known


@pytest.fixture
def authority(
    running: TimeAuthority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TimeAuthority]:
    roots = tmp_path / "roots.pem"
    roots.write_text(running.root_pem)
    monkeypatch.setenv("STORYKIN_TIME_AUTHORITY", running.url)
    monkeypatch.setenv("STORYKIN_TIME_AUTHORITY_ROOTS", str(roots))
    monkeypatch.setattr(time_stamps, "_failed", time_stamps._Failed())
    mark_settings.cache_clear()
    running.answers = "stamp"
    running.asked.clear()
    yield running
    mark_settings.cache_clear()


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    return DiskStore(tmp_path / "store", "http://127.0.0.1:7860", b"s" * 32)


def leaves(drawing: bytes, facts: MarkFacts, identity: MarkIdentity, store: DiskStore) -> bytes:
    return mark(drawing, PNG, facts, identity, stamps=StampBook(store))


def test_a_picture_leaves_with_a_stamp_and_with_the_same_one_again(
    authority: TimeAuthority, drawing: bytes, facts: MarkFacts, identity: MarkIdentity, store: DiskStore
) -> None:
    file = leaves(drawing, facts, identity, store)
    seen = read_manifest(file, PNG, identity.chain_pem.decode() + authority.root_pem)
    assert seen.state is ManifestState.TRUSTED
    assert seen.stamped_at and seen.stamp_is_trusted
    assert leaves(drawing, facts, identity, store) == file
    assert len(authority.asked) == 1
    assert len(file) == len(mark(drawing, PNG, facts, identity))


@pytest.mark.parametrize("answers", ["refuse", "lie"])
def test_an_authority_that_fails_keeps_no_picture_and_is_asked_later(
    authority: TimeAuthority,
    drawing: bytes,
    facts: MarkFacts,
    identity: MarkIdentity,
    store: DiskStore,
    answers: str,
) -> None:
    authority.answers = answers
    file = leaves(drawing, facts, identity, store)
    assert file == mark(drawing, PNG, facts, identity)  # without a stamp the bytes are as ever
    asked = len(authority.asked)
    assert leaves(drawing, facts, identity, store) == file
    assert len(authority.asked) == asked  # not again within the minute
    assert len(list(waiting(store))) == 1
    assert ask_for_waiting(store) == 0
    assert len(list(waiting(store))) == 1
    authority.answers = "stamp"
    assert ask_for_waiting(store) == 1
    assert list(waiting(store)) == []
    later = leaves(drawing, facts, identity, store)
    assert read_manifest(later, PNG, identity.chain_pem.decode()).stamped_at


def test_an_authority_that_hangs_is_not_waited_for(
    authority: TimeAuthority,
    drawing: bytes,
    facts: MarkFacts,
    identity: MarkIdentity,
    store: DiskStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time_stamps, "_PATIENCE", 0.2)
    authority.answers = "nothing"
    assert read_manifest(leaves(drawing, facts, identity, store), PNG).state is ManifestState.VALID
    assert len(list(waiting(store))) == 1


def test_a_stamp_of_another_authority_is_left_away_and_kept_until_its_root_is_set(
    authority: TimeAuthority,
    drawing: bytes,
    facts: MarkFacts,
    identity: MarkIdentity,
    store: DiskStore,
    tmp_path: Path,
) -> None:
    stamped = leaves(drawing, facts, identity, store)
    (tmp_path / "roots.pem").write_bytes(identity.chain_pem)
    plain = mark(drawing, PNG, facts, identity)
    assert [leaves(drawing, facts, identity, store) for _ in range(3)] == [plain] * 3
    assert len(authority.asked) == 1
    (tmp_path / "roots.pem").write_text(authority.root_pem)
    assert leaves(drawing, facts, identity, store) == stamped


def test_an_authority_whose_root_is_not_set_is_not_asked_for_every_picture(
    authority: TimeAuthority,
    drawing: bytes,
    facts: MarkFacts,
    identity: MarkIdentity,
    store: DiskStore,
    tmp_path: Path,
) -> None:
    (tmp_path / "roots.pem").write_bytes(identity.chain_pem)
    for style in ("flat", "anime", "storybook"):
        leaves(drawing, replace(facts, style=style), identity, store)
    assert len(authority.asked) == 1


def test_one_of_many_waits_for_no_stamp_and_carries_it_once_it_is_there(
    authority: TimeAuthority, drawing: bytes, facts: MarkFacts, identity: MarkIdentity, store: DiskStore
) -> None:
    many = StampBook(store, asks=False)
    assert mark(drawing, PNG, facts, identity, stamps=many) == mark(drawing, PNG, facts, identity)
    assert not authority.asked
    assert ask_for_waiting(store) == 1
    assert read_manifest(mark(drawing, PNG, facts, identity, stamps=many), PNG).stamped_at


def test_an_entry_that_is_lost_holds_up_no_other(authority: TimeAuthority, store: DiskStore) -> None:
    for name in ("00", "11", "22"):
        store.put(f"stamps-waiting/{name}", name.encode(), "application/timestamp-query")
    store.path_of("stamps-waiting/00").unlink()
    assert ask_for_waiting(store) == 2
    assert list(waiting(store)) == []


def test_a_round_ends_after_its_time_and_the_next_goes_on(
    authority: TimeAuthority, store: DiskStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("00", "11"):
        store.put(f"stamps-waiting/{name}", name.encode(), "application/timestamp-query")
    with monkeypatch.context() as slow:
        slow.setattr(time_stamps, "ROUND", 0.0)
        assert ask_for_waiting(store) == 0
    assert ask_for_waiting(store) == 2


def test_without_an_authority_nothing_is_asked_or_noted(
    drawing: bytes, facts: MarkFacts, identity: MarkIdentity, store: DiskStore
) -> None:
    assert leaves(drawing, facts, identity, store) == mark(drawing, PNG, facts, identity)
    assert list(waiting(store)) == []
