"""What only the disk side has: races between processes, crashes in the middle, disks that will not."""

import errno
import json
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tasks.errors import StoreError
from tasks.providers.store.disk import DiskStore

SECRET = b"a secret of thirty-two bytes....."
PICTURE = b"a picture, more or less"


def a_store(root: Path, **options: object) -> DiskStore:
    return DiskStore(root, "http://127.0.0.1:1", SECRET, **options)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    return a_store(tmp_path / "store")


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_making_a_store_touches_nothing(tmp_path: Path) -> None:
    a_store(tmp_path / "store").head("one.png")

    assert list(tmp_path.iterdir()) == []


def test_the_picture_lies_under_its_own_name_for_people_to_find(store: DiskStore) -> None:
    store.put("pictures/ada.png", PICTURE, "image/png")

    path = store.path_of("pictures/ada.png")
    assert path.name == "ada.png"
    assert path.read_bytes() == PICTURE


def test_nobody_else_may_read_the_pictures(store: DiskStore) -> None:
    store.put("photos/ada.jpg", PICTURE, "image/jpeg")

    assert stat.S_IMODE(store.root.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in files_below(store.root)} == {0o600}


RACER = """
import sys
from pathlib import Path
from tasks.errors import StoreError
from tasks.providers.store.disk import DiskStore
store = DiskStore(Path(sys.argv[1]), "http://x", b"a secret of thirty-two bytes.....")
sys.stdin.read()
won = 0
for round in range(40):
    try:
        store.put(f"race/{round}.png", sys.argv[2].encode() * 5000, "image/png")
        won += 1
    except StoreError as error:
        assert error.code == "store_conflict", error.code
print(won)
"""


def test_of_several_processes_exactly_one_wins_each_key(store: DiskStore) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(store.root), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for name in ("one", "two", "six")
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.close()  # the start signal
        racer.stdin = None
    wins = [int(racer.communicate(timeout=60)[0]) for racer in racers]

    assert sum(wins) == 40
    for stored in store.iterate("race/"):
        data = store.get(stored.key)
        assert len({data[at : at + 3] for at in range(0, len(data), 3)}) == 1, "a mixture"
        assert stored.size == len(data)


@pytest.mark.parametrize("moment", ["fsync", "rename"])
def test_a_crash_in_the_middle_leaves_no_object_and_a_retry_succeeds(
    store: DiskStore, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    class PowerCut(BaseException): ...

    def cut(*args: object, **options: object) -> None:
        raise PowerCut

    with monkeypatch.context() as broken:
        broken.setattr(os, moment, cut)
        broken.setattr("shutil.rmtree", lambda *args, **options: None)  # the dead clean nothing up
        with pytest.raises(PowerCut):
            store.put("photos/ada.jpg", PICTURE, "image/jpeg")

    assert store.head("photos/ada.jpg") is None
    assert list(store.iterate("")) == []
    assert store.put("photos/ada.jpg", PICTURE, "image/jpeg").size == len(PICTURE)

    assert store.tidy(timedelta(hours=1)) == 0, "it may still be at work"
    assert store.tidy(timedelta(seconds=-1)) == 1
    assert store.get("photos/ada.jpg") == PICTURE
    assert len(files_below(store.root)) == 2


def test_deleting_leaves_no_trace_of_the_key(store: DiskStore) -> None:
    store.put("photos/secret-person/ada.jpg", PICTURE, "image/jpeg")

    store.delete("photos/secret-person/ada.jpg")

    assert files_below(store.root) == []
    assert not any("secret-person" in str(path) for path in store.root.rglob("*"))


def test_deleting_one_spares_its_neighbours(store: DiskStore) -> None:
    store.put("photos/ada.jpg", PICTURE, "image/jpeg")
    store.put("photos/bob.jpg", PICTURE, "image/jpeg")

    store.delete("photos/ada.jpg")

    assert [each.key for each in store.iterate("photos/")] == ["photos/bob.jpg"]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "store_full"),
        (errno.EDQUOT, "store_full"),
        (errno.EROFS, "store_read_only"),
        (errno.EACCES, "store_read_only"),
        (errno.EIO, "store_unreachable"),
    ],
)
def test_a_disk_that_will_not_write_says_why_and_keeps_nothing(
    store: DiskStore, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    def refuse(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", refuse)
        with pytest.raises(StoreError) as error:
            store.put("photos/ada.jpg", PICTURE, "image/jpeg")

    assert error.value.code == code
    assert error.value.sentence.endswith(".")
    assert "ada" not in error.value.sentence
    assert files_below(store.root) == []


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from tasks.errors import StoreError
from tasks.providers.store.disk import DiskStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
store = DiskStore(Path(sys.argv[1]), "http://x", b"a secret of thirty-two bytes.....")
try:
    store.put("one.png", bytes(5000), "image/png")
except StoreError as error:
    print(error.code)
"""


def test_a_write_that_really_does_not_fit_is_full(store: DiskStore) -> None:
    told = subprocess.run([sys.executable, "-c", FULL_DISK, str(store.root)], capture_output=True, check=True)

    assert told.stdout.strip() == b"store_full"
    assert files_below(store.root) == []


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder that is not ours, and we not root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "store").mkdir(mode=0o755)
        folder.chmod(0o755)
        (folder / "store").chmod(0o555)
        was_root = os.geteuid() == 0
        if was_root:
            os.seteuid(65534)
        try:
            yield folder / "store"
        finally:
            if was_root:
                os.seteuid(0)


def test_a_folder_that_is_not_ours_is_read_only(nobody: Path) -> None:
    with pytest.raises(StoreError) as error:
        a_store(nobody).put("one.png", PICTURE, "image/png")
    assert error.value.code == "store_read_only"


def test_a_file_where_the_folder_should_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("not a folder")

    with pytest.raises(StoreError) as error:
        a_store(tmp_path / "store").put("one.png", PICTURE, "image/png")
    assert error.value.code == "store_unreachable"


def test_a_damaged_note_is_said_and_not_guessed(store: DiskStore) -> None:
    store.put("one.png", PICTURE, "image/png")
    note = store.path_of("one.png").with_name("@about.json")
    note.write_text(json.dumps({"key": "one.png"})[:-3])

    with pytest.raises(StoreError) as error:
        store.head("one.png")
    assert error.value.code == "store_damaged"


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        DiskStore(tmp_path, "http://x", b"short")


def test_the_secret_is_in_no_text(store: DiskStore) -> None:
    assert SECRET.decode() not in f"{store!r} {store.__dict__!r}"


def test_links_change_now_and_then_but_always_last(tmp_path: Path) -> None:
    now = 1_700_000_000.0
    life = timedelta(minutes=10)
    links = {}
    for second in range(0, 1200, 10):
        store = a_store(tmp_path, clock=lambda at=now + second: at)
        link = store.presign_get("one.png", life)
        expires = int(link.partition("e=")[2].partition("&")[0])
        assert 600 <= expires - (now + second) <= 900
        links[link] = True
    assert len(links) <= 6
