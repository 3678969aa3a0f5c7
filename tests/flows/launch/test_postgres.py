"""Prefect's own Postgres: made whole or not at all, refused where it can't be had."""

import os
import shutil
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from flows.die_with_parent import die_with_parent
from flows.launch.postgres import EmbeddedPostgres, PostgresUnavailable, server_programs
from tests.support.processes import processes_of
from tests.support.waiting import until

pytestmark = pytest.mark.postgres


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """In a data folder that is closed to every other account, the database's own too."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    return home / "postgres"


@pytest.fixture
def as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root has Postgres run as another account")


def started(postgres: EmbeddedPostgres) -> "subprocess.Popen[bytes]":
    who = {"user": postgres.account.uid, "group": postgres.account.gid} if postgres.account else {}
    me = os.getpid()
    process = subprocess.Popen(  # type: ignore[call-overload]
        postgres.command(),
        stderr=subprocess.DEVNULL,
        cwd="/",
        preexec_fn=lambda: die_with_parent(me, signal.SIGINT),  # noqa: PLW1509 - one call
        **who,
    )
    until(postgres.is_ready, "the database")
    return process  # type: ignore[no-any-return]


def test_an_interrupted_set_up_begins_again(folder: Path) -> None:
    postgres = EmbeddedPostgres(folder)
    unfinished = postgres.folder.with_name(f"{postgres.folder.name}.unfinished")
    unfinished.mkdir(parents=True)
    (unfinished / "half a file").touch()

    postgres.prepare()

    assert (folder / "PG_VERSION").exists()
    assert not unfinished.exists()


def test_one_that_outlived_its_launcher_is_ended_before_the_next_starts(folder: Path) -> None:
    postgres = EmbeddedPostgres(folder)
    postgres.prepare()
    first = started(postgres)

    second_cluster = EmbeddedPostgres(folder)
    second_cluster.prepare()

    assert first.wait(120) == 0
    second = started(second_cluster)
    second.send_signal(signal.SIGINT)
    assert second.wait(120) == 0
    assert not processes_of(second_cluster.folder)


@pytest.mark.usefixtures("as_root")
def test_root_opens_nothing_for_the_database_and_its_files_are_its_accounts_alone(folder: Path) -> None:
    above = {each: each.stat().st_mode for each in folder.parents}
    postgres = EmbeddedPostgres(folder)

    postgres.prepare()
    process = started(postgres)

    assert {each: each.stat().st_mode for each in above} == above
    assert postgres.folder.stat().st_uid != 0
    assert stat.S_IMODE(postgres.folder.stat().st_mode) == 0o700
    assert folder.resolve() == postgres.folder
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 0


@pytest.mark.usefixtures("as_root")
def test_a_cluster_in_the_data_folder_moves_out_with_what_it_holds(folder: Path) -> None:
    before = EmbeddedPostgres(folder)
    before.prepare()
    marker = before.folder / "PG_VERSION"
    written = marker.stat().st_ino, marker.stat().st_uid
    folder.unlink()
    before.folder.rename(folder)  # where it lay until now

    after = EmbeddedPostgres(folder)
    after.prepare()

    moved = after.folder / "PG_VERSION"
    assert (moved.stat().st_ino, moved.stat().st_uid) == written
    assert after.folder != before.folder
    process = started(after)
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 0


@pytest.mark.usefixtures("as_root")
def test_a_data_folder_that_was_deleted_and_made_again_begins_anew(folder: Path) -> None:
    first = EmbeddedPostgres(folder)
    first.prepare()
    folder.unlink()

    second = EmbeddedPostgres(folder)
    second.prepare()

    assert second.folder != first.folder
    assert not first.folder.exists()
    assert [each.stem for each in second.folder.parent.glob("*.home")].count(second.folder.name) == 1


@pytest.mark.usefixtures("as_root")
def test_programs_that_lie_in_a_closed_folder_are_copied_where_the_account_can_run_them(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = server_programs().parents[1]
    closed = tmp_path / "closed" / package.name
    closed.parent.mkdir(mode=0o700)
    shutil.copytree(package, closed, symlinks=True)
    if (libraries := package.with_name(f"{package.name}.libs")).is_dir():
        shutil.copytree(libraries, closed.with_name(libraries.name))
    monkeypatch.setattr("flows.launch.postgres.server_programs", lambda: closed / "pginstall" / "bin")
    postgres = EmbeddedPostgres(folder)

    postgres.prepare()
    process = started(postgres)

    assert not postgres.command()[0].startswith(str(closed))
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 0


def test_a_path_too_long_for_a_socket_gets_a_short_one(folder: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root's lies outside, where paths are short")
    postgres = EmbeddedPostgres(folder.parent / ("deep" * 20) / "postgres")
    postgres.prepare()
    socket_folder = Path(postgres.url.partition("?host=")[2])

    process = started(postgres)

    assert (socket_folder / ".s.PGSQL.5432").is_socket()
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 0
    socket_folder.rmdir()


def test_a_socket_folder_of_someone_else_is_not_used(folder: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root's lies outside, where paths are short")
    postgres = EmbeddedPostgres(folder.parent / ("deep" * 20) / "postgres")
    squatted = Path(postgres.url.partition("?host=")[2])
    squatted.mkdir(mode=0o777)
    squatted.chmod(0o777)

    with pytest.raises(PostgresUnavailable, match="belongs to someone else"):
        postgres.prepare()

    squatted.rmdir()


def test_where_the_package_is_not_installed_it_is_unavailable(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)

    with pytest.raises(PostgresUnavailable, match="not installed"):
        EmbeddedPostgres(folder)
