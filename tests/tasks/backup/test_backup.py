"""Everything is lost, and comes back: the record, every byte, and no request is paid a second time."""

import hashlib
import json
import shutil
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from db.models import AssetKind, CharacterStatus
from db.repositories import assets, calls, characters
from tasks.backup.errors import BackupBusy, BackupDamaged, BackupError, BackupMissing, NotEmpty, WrongKey
from tasks.backup.make import back_up
from tasks.backup.restore import generation_at, restore
from tasks.backup.source import Source
from tasks.backup.target import BackupTarget
from tasks.backup.vault import Vault, open_vault
from tasks.backup.verify import verify
from tasks.illustrate import illustrate
from tasks.providers.backup.disk import DiskTarget
from tasks.providers.backup.s3 import S3Target
from tasks.runtime import Runtime
from tasks.storage.binding import Pair, look_at_binding
from tests.contract.conftest import new_bucket, r2_store
from tests.db.conftest import BOTH
from tests.support.radosgw import Radosgw
from tests.support.runtimes import new_character, new_work
from tests.support.s3_server import ACCESS_KEY, SECRET_KEY, S3Server
from tests.support.slices import in_slices
from tests.tasks.backup.conftest import Elsewhere, UsageLog, disk_store, draw, pictures_of, rows_of, source_of

PHRASE = "correct horse battery staple"


def files_of(target: DiskTarget) -> dict[str, bytes]:
    root = Path(target.where)
    return {str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()}


def objects_in(target: DiskTarget) -> int:
    return len([name for name in files_of(target) if name.startswith("objects/")])


def opened(target: BackupTarget, phrase: str = "") -> Vault:
    return open_vault(target, phrase)


def s3_target(s3: S3Server, bucket: str, prefix: str = "backups/studio") -> S3Target:
    return S3Target(
        endpoint_url=s3.url,
        bucket=bucket,
        prefix=prefix,
        access_key_id=ACCESS_KEY,
        secret_access_key=SECRET_KEY,
        region="us-east-1",
        verify=s3.certificate,
        beat=0.1,
        silence=1.0,
    )


async def test_all_is_lost_and_restored_and_nothing_is_bought_again(
    runtime: Runtime, bank: UsageLog, target: DiskTarget, new_url: str, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    people = [new_character(runtime, shade) for shade in (60, 120)]
    for each in people:
        await draw(runtime, each)
    rows, kept, billed = rows_of(runtime), pictures_of(runtime), bank.billed
    report = back_up(source_of(runtime), target)
    assert (report.lost, report.new_objects, report.manifest.objects) == (0, 6, 6)

    runtime.record.close()
    (tmp_path / "record.db").unlink()
    shutil.rmtree(tmp_path / "store")
    there = elsewhere(new_url, disk_store(tmp_path / "new-store"))
    vault = opened(target)
    restored = restore(vault, generation_at(vault, None), source_of(there))
    assert (restored.objects, restored.absent, restored.reopened.possibly_paid) == (6, 0, 0)

    assert pictures_of(there) == kept
    assert rows_of(there) == rows
    assert look_at_binding(Pair(there.record, there.store)).ok
    for each in people:
        again = await draw(there, each)
        assert not again.made
    assert bank.billed == billed
    new_one = await draw(there, new_character(there, 200), "flat")  # and the work goes on
    assert list(new_one.made) == ["flat"]


async def test_a_bucket_to_a_bucket_encrypted(
    runtime: Runtime, bank: UsageLog, s3: S3Server, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    there = elsewhere(runtime.record.url, r2_store(s3, new_bucket(s3)))
    await draw(there, new_character(there), "flat")
    kept, billed = pictures_of(there), bank.billed
    target = s3_target(s3, new_bucket(s3))
    back_up(source_of(there), target, phrase=PHRASE)
    assert back_up(source_of(there), target, phrase=PHRASE).new_objects == 0
    with pytest.raises(WrongKey, match="encrypted"):
        opened(target)
    vault = opened(target, PHRASE)
    assert verify(vault).ok
    new = elsewhere(f"sqlite:///{tmp_path / 'n' / 'storykin.db'}", r2_store(s3, new_bucket(s3)))
    restore(vault, generation_at(vault, None), source_of(new))
    assert pictures_of(new) == kept
    with new.record.reading() as session:
        character_id = characters.page(session, limit=9).items[0].id
    assert not (await draw(new, character_id, "flat")).made
    assert bank.billed == billed


async def test_only_new_bytes_are_copied_and_nothing_in_it_tells_a_name(
    runtime: Runtime, target: DiskTarget
) -> None:
    character_id = new_character(runtime)
    await draw(runtime, character_id, "flat")
    first = back_up(source_of(runtime), target, phrase=PHRASE)
    before = files_of(target)
    unchanged = back_up(source_of(runtime), target, phrase=PHRASE)
    assert (unchanged.new_objects, unchanged.new_chunks, unchanged.new_bytes) == (0, 0, 0)
    await draw(runtime, character_id, "storybook")
    third = back_up(source_of(runtime), target, phrase=PHRASE)
    assert third.new_objects == 1
    assert [each.manifest.sequence for each in (first, unchanged, third)] == [1, 2, 3]
    after = files_of(target)
    assert {name: after[name] for name in before} == before, "what was written is never written again"
    digests = {asset["sha256"] for asset in rows_of(runtime)["generated_assets"]}
    for name, data in after.items():
        assert b"Ada" not in data and "Ada" not in name
        assert not any(digest in name for digest in digests), "who has no key can't tell what is in it"
        assert b"PNG" not in data[:8]


def test_everything_that_is_written_is_its_owners_alone(runtime: Runtime, target: DiskTarget) -> None:
    new_character(runtime)
    back_up(source_of(runtime), target)
    root = Path(target.where)
    for each in (root, *root.rglob("*")):
        assert each.stat().st_mode & 0o077 == 0, each


@pytest.mark.parametrize("phrase", in_slices(["", PHRASE], ("",)))
def test_a_changed_byte_anywhere_is_found_and_put_right(
    runtime: Runtime, target: DiskTarget, phrase: str
) -> None:
    new_character(runtime)
    back_up(source_of(runtime), target, phrase=phrase)
    files = {name: data for name, data in files_of(target).items() if "/" in name}
    assert {name.partition("/")[0] for name in files} == {"rows", "objects", "generations"}
    for name, data in files.items():
        place = Path(target.where) / name
        for damaged in (bytes([data[0] ^ 1]) + data[1:], data[:-1], b"", None):
            place.unlink() if damaged is None else place.write_bytes(damaged)
            if damaged is None and name.startswith("generations/"):
                assert opened(target, phrase).latest() is None
            else:
                assert not verify(opened(target, phrase)).ok, name
            place.write_bytes(data)
    assert verify(opened(target, phrase)).ok
    for name in files:
        if not name.startswith("generations/"):
            (Path(target.where) / name).write_bytes(b"rotten")
    assert len(verify(opened(target, phrase)).damaged) >= len(files) - 2
    back_up(source_of(runtime), target, phrase=phrase, full=True)
    assert verify(opened(target, phrase)).ok, "a full backup reads what is there, and replaces what is rotten"


def test_a_damaged_backup_is_not_restored_half(
    runtime: Runtime, target: DiskTarget, new_url: str, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    new_character(runtime)
    back_up(source_of(runtime), target)
    victim = next(Path(target.where).glob("objects/*/*"))
    good = victim.read_bytes()
    victim.write_bytes(good[:-1] + b"!")
    vault, there = opened(target), elsewhere(new_url, disk_store(tmp_path / "new-store"))
    with pytest.raises(BackupDamaged):
        restore(vault, generation_at(vault, None), source_of(there))
    assert not Path(new_url.removeprefix("sqlite:///")).exists() or new_url.startswith("postgres")
    victim.write_bytes(good)
    restore(vault, generation_at(vault, None), source_of(there))  # and goes on
    with pytest.raises(NotEmpty, match="not empty"):
        restore(vault, generation_at(vault, None), source_of(there))


def test_the_wrong_key_another_installation_and_other_things_are_refused_in_words(
    runtime: Runtime, target: DiskTarget, elsewhere: Elsewhere, tmp_path: Path, migrated_record: Path
) -> None:
    new_character(runtime)
    back_up(source_of(runtime), target, phrase=PHRASE)
    before = files_of(target)
    with pytest.raises(WrongKey, match="not the key"):
        back_up(source_of(runtime), target, phrase="another")
    with pytest.raises(WrongKey, match="set STORYKIN_BACKUP_KEY"):
        back_up(source_of(runtime), target)
    shutil.copy(migrated_record, tmp_path / "other.db")
    other = elsewhere(f"sqlite:///{tmp_path / 'other.db'}", disk_store(tmp_path / "other-store"))
    new_character(other)
    with pytest.raises(BackupError, match="another installation"):
        back_up(source_of(other), target, phrase=PHRASE)
    assert files_of(target) == before
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(BackupError, match="other things"):
        back_up(source_of(runtime), DiskTarget(tmp_path / "photos"))
    with pytest.raises(BackupMissing, match="no Storykin backup"):
        opened(DiskTarget(tmp_path / "photos"))
    plain = DiskTarget(tmp_path / "plain")
    back_up(source_of(runtime), plain)
    with pytest.raises(WrongKey, match="not encrypted"):
        back_up(source_of(runtime), plain, phrase=PHRASE)


async def test_a_store_that_survived_is_used_and_anothers_is_not(
    runtime: Runtime, target: DiskTarget, elsewhere: Elsewhere, tmp_path: Path, migrated_record: Path
) -> None:
    character_id = new_character(runtime)
    await draw(runtime, character_id, "flat")
    back_up(source_of(runtime), target)
    await draw(runtime, character_id, "storybook")  # in the store, and in no backup
    vault = opened(target)
    generation = generation_at(vault, None)
    there = elsewhere(f"sqlite:///{tmp_path / 'new' / 'storykin.db'}", runtime.store)
    before = pictures_of(runtime)
    restore(vault, generation, source_of(there))
    assert pictures_of(there) == before
    shutil.copy(migrated_record, tmp_path / "other.db")
    other = elsewhere(f"sqlite:///{tmp_path / 'other.db'}", disk_store(tmp_path / "other-store"))
    new_character(other, 33)
    nothing = Source(f"sqlite:///{tmp_path / 'new2' / 'storykin.db'}", other.store)
    with pytest.raises(NotEmpty, match="another installation"):
        restore(vault, generation, nothing)
    assert not (tmp_path / "new2" / "storykin.db").exists()


async def test_what_was_under_way_is_asked_first(
    runtime: Runtime, bank: UsageLog, target: DiskTarget, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    """The worker sends, and the backup is made before the answer: after a restore nobody sends again."""
    character_id = new_character(runtime)
    assert bank.billed == (0, 0)
    image = bank.runtime.image
    image.after_billing = lambda _style: back_up(source_of(runtime), target)  # type: ignore[attr-defined]
    await draw(runtime, character_id, "flat")
    image.after_billing = lambda _style: None  # type: ignore[attr-defined]
    billed = bank.billed
    there = elsewhere(f"sqlite:///{tmp_path / 'new' / 'storykin.db'}", disk_store(tmp_path / "new-store"))
    vault = opened(target)
    report = restore(vault, generation_at(vault, None), source_of(there))
    opened_again = report.reopened
    assert (opened_again.possibly_paid, opened_again.possibly_paid_microusd) == (1, 39_000)
    assert [each["id"] for each in opened_again.characters] == [character_id]
    with there.record.reading() as session:
        (call,) = calls.unknown(session)
        assert "restored" in (call.error_sentence or "") and call.lease_expires_at is None
        character = characters.get(session, character_id)
        assert (character.status, character.status_reason) == (CharacterStatus.NEEDS_ATTENTION, "restored")
        assert session.execute(text("SELECT count(*) FROM events WHERE actor = 'restore'")).scalar_one() == 1
    outcome = await draw(there, character_id, "flat")
    assert not outcome.made
    assert bank.billed == billed


def test_a_picture_that_no_row_names_yet_comes_along(
    runtime: Runtime,
    target: DiskTarget,
    elsewhere: Elsewhere,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work = new_work(runtime, "flat")

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    # The bytes are stored, and no row says so.
    monkeypatch.setattr("tasks.ledger.image_call.ensure_asset", dies)
    with pytest.raises(KeyboardInterrupt):
        illustrate(runtime, work)
    kept = pictures_of(runtime)
    report = back_up(source_of(runtime), target)
    assert [each.key.partition("/")[0] for each in report.manifest.unnamed] == ["pictures", "receipts"]
    assert len(kept) == 2
    there = elsewhere(f"sqlite:///{tmp_path / 'new' / 'storykin.db'}", disk_store(tmp_path / "new-store"))
    vault = opened(target)
    assert restore(vault, generation_at(vault, None), source_of(there)).reopened.to_fetch == 1
    assert pictures_of(there) == kept


async def test_a_lost_picture_is_told_and_does_not_stop_the_others(
    runtime: Runtime, target: DiskTarget
) -> None:
    await draw(runtime, new_character(runtime), "flat")
    key = next(found.key for found in runtime.store.iterate("pictures/"))
    runtime.store.delete(key)
    report = back_up(source_of(runtime), target)
    assert (report.lost, report.new_objects) == (1, 1)
    assert [each.key for each in report.manifest.missing] == [key]
    assert verify(opened(target)).ok
    assert back_up(source_of(runtime), target).lost == 1, "it is looked for again each time"


def test_generations_are_kept_by_their_order_and_told_apart_by_time(
    runtime: Runtime, target: DiskTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_character(runtime)
    data, key = b"a thumbnail that is made anew", "thumbnails/ab/old.png"
    runtime.store.put(key, data, "image/png")
    with runtime.record.writing() as session:
        assets.ensure(
            session,
            kind=AssetKind.THUMBNAIL,
            storage_key=key,
            sha256=hashlib.sha256(data).hexdigest(),
            content_type="image/png",
            size_bytes=len(data),
            width=1,
            height=1,
        )
    first = back_up(source_of(runtime), target).manifest
    with runtime.record.writing() as session:
        session.execute(text("DELETE FROM generated_assets WHERE storage_key = :key"), {"key": key})
    runtime.store.delete(key)
    # A clock that was put back makes the next generation no older: its id is RFC 9562's example, of 2022.
    with monkeypatch.context() as clock_put_back:
        clock_put_back.setattr("tasks.backup.make.new_id", lambda: "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
        second = back_up(source_of(runtime), target, keep=2).manifest
    vault = opened(target)
    assert vault.generations() == [first.name, second.name]
    assert generation_at(vault, None) == second
    assert generation_at(vault, "1") == generation_at(vault, first.id) == first
    assert generation_at(vault, first.finished_at.isoformat()) in (first, second)
    with pytest.raises(BackupMissing, match="nor had one"):
        generation_at(vault, "2001-01-01")
    with pytest.raises(BackupMissing):
        generation_at(vault, "yesterday")
    assert objects_in(target) == 2
    third = back_up(source_of(runtime), target, keep=1)
    assert third.forgotten == 2
    assert objects_in(target) == 1, "only the photo is named still"
    assert verify(opened(target)).ok


def test_an_interrupted_backup_leaves_the_former_and_goes_on(
    runtime: Runtime, target: DiskTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_character(runtime, 50)
    first = back_up(source_of(runtime), target).manifest
    for shade in (60, 70, 80):
        new_character(runtime, shade)
    write, written = DiskTarget.write, 0

    def dies(self: DiskTarget, name: str, data: bytes) -> None:
        nonlocal written
        written += name.startswith("objects/")
        if written == 2:
            raise KeyboardInterrupt
        write(self, name, data)

    monkeypatch.setattr(DiskTarget, "write", dies)
    with pytest.raises(KeyboardInterrupt):
        back_up(source_of(runtime), target)
    monkeypatch.setattr(DiskTarget, "write", write)
    vault = opened(target)
    assert vault.latest() == first and verify(vault).ok
    again = back_up(source_of(runtime), target)
    assert 1 <= again.new_objects < 3 and again.manifest.sequence == 2
    assert verify(opened(target)).ok


def test_a_full_disk_is_told_and_the_former_backup_is_whole(
    runtime: Runtime, target: DiskTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_character(runtime, 50)
    first = back_up(source_of(runtime), target).manifest
    new_character(runtime, 60)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tasks.providers.backup.disk.write_durably", full)
    with pytest.raises(BackupError, match=r"full.*intact") as told:
        back_up(source_of(runtime), target)
    assert told.value.code == "backup_full"
    assert opened(target).latest() == first and verify(opened(target)).ok
    assert not [name for name in files_of(target) if name.endswith(".part")]


@pytest.mark.parametrize("kind", ["disk", "s3"])
def test_of_two_backups_at_once_the_second_says_so(
    runtime: Runtime, target: DiskTarget, s3: S3Server, kind: str
) -> None:
    place: BackupTarget = target if kind == "disk" else s3_target(s3, new_bucket(s3))
    new_character(runtime)
    with place.holding(), pytest.raises(BackupBusy, match="under way"):
        back_up(source_of(runtime), place)
    back_up(source_of(runtime), place)
    if kind == "s3":  # one that died left its mark, and nobody waits for it for ever
        place.write("lock", b"somebody 7")
        back_up(source_of(runtime), place)
    assert verify(opened(place)).generations == (2 if kind == "s3" else 1)


@pytest.mark.parametrize("kind", BOTH)
def test_writers_go_on_while_it_runs_and_the_set_is_consistent(
    request: pytest.FixtureRequest,
    runtime: Runtime,
    target: DiskTarget,
    elsewhere: Elsewhere,
    tmp_path: Path,
    kind: str,
) -> None:
    if kind == "postgres":
        runtime = elsewhere(request.getfixturevalue("postgres_url"), runtime.store)
    for shade in range(5):
        new_character(runtime, shade)
    over, written = threading.Event(), threading.Semaphore(0)
    shades = iter(range(10, 250))

    def write() -> None:
        while not over.is_set():
            new_character(runtime, next(shades))
            written.release()

    writers = [threading.Thread(target=write) for _ in range(2)]
    reports = []
    for each in writers:
        each.start()
    try:
        for _ in range(2):
            reports.append(back_up(source_of(runtime), target))
            assert written.acquire(timeout=60) and written.acquire(timeout=60), "writers stood still"
    finally:
        over.set()
        for each in writers:
            each.join(60)
    assert verify(opened(target)).ok
    assert reports[0].manifest.rows < reports[1].manifest.rows
    for number, report in enumerate(reports):
        assert (report.lost, report.manifest.gone) == (0, ())
        there = elsewhere(
            f"sqlite:///{tmp_path / f'new-{number}' / 'storykin.db'}",
            disk_store(tmp_path / f"store-{number}"),
        )
        restore(opened(target), report.manifest, source_of(there))  # which checks that references hold
        assets_there = rows_of(there)["generated_assets"]
        for asset in assets_there:
            kept = there.store.head(str(asset["storage_key"]))
            assert kept is not None and kept.sha256 == asset["sha256"]
        photos = {row["photo_asset_id"] for row in rows_of(there)["characters"]}
        assert photos == {asset["id"] for asset in assets_there}


def test_a_bucket_that_heeds_conditions_keeps_what_was_written_first(ceph: Radosgw, runtime: Runtime) -> None:
    """Ceph's server honours If-None-Match, as R2 does."""
    place = s3_target(ceph.safe, new_bucket(ceph.safe))
    place.write("rows/ab/x", b"first")
    place.write("rows/ab/x", b"second")
    assert place.read("rows/ab/x") == b"first"
    place.delete("rows/ab/x")
    assert place.size("rows/ab/x") is None and list(place.names("")) == []
    new_character(runtime)
    with place.holding(), pytest.raises(BackupBusy, match="under way"):
        back_up(source_of(runtime), place)
    back_up(source_of(runtime), place, phrase=PHRASE)
    assert verify(opened(place, PHRASE)).ok
    assert not [name for name in place.names("") if name.endswith("lock")]


def test_there_is_nothing_to_back_up_before_there_is_a_record(tmp_path: Path, target: DiskTarget) -> None:
    nothing = Source(f"sqlite:///{tmp_path / 'none.db'}", disk_store(tmp_path / "store"))
    with pytest.raises(Exception, match="no record yet"):
        back_up(nothing, target)
    assert not (tmp_path / "none.db").exists()


def test_a_newer_storykins_backup_is_refused(
    runtime: Runtime, target: DiskTarget, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    new_character(runtime)
    manifest = back_up(source_of(runtime), target).manifest
    newer = manifest.model_copy(update={"revision": "2099_01_01_the_future"})
    there = elsewhere(f"sqlite:///{tmp_path / 'new' / 'storykin.db'}", disk_store(tmp_path / "new-store"))
    with pytest.raises(Exception, match="newer Storykin"):
        restore(opened(target), newer, source_of(there))
    assert json.loads(manifest.model_dump_json())["revision"] == manifest.revision
