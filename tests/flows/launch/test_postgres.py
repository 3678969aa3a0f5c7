"""Prefect's own Postgres: made whole or not at all, refused where it can't be had."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.die_with_parent import die_with_parent
from flows.launch.postgres import EmbeddedPostgres, PostgresUnavailable
from tests.support.processes import processes_of
from tests.support.waiting import until

pytestmark = pytest.mark.postgres


@pytest.fixture
def folder() -> Iterator[Path]:
    """Beside pytest's own temporary folder, which no other user may enter."""
    with tempfile.TemporaryDirectory(prefix="storykin-postgres-", ignore_cleanup_errors=True) as made:
        yield Path(made) / "postgres"


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
    unfinished = folder.with_name("postgres.unfinished")
    unfinished.mkdir(parents=True)
    (unfinished / "half a file").touch()

    EmbeddedPostgres(folder).prepare()

    assert (folder / "PG_VERSION").exists()
    assert not unfinished.exists()


def test_one_that_outlived_its_launcher_is_ended_before_the_next_starts(folder: Path) -> None:
    postgres = EmbeddedPostgres(folder)
    postgres.prepare()
    first = started(postgres)

    EmbeddedPostgres(folder).prepare()

    assert first.wait(30) == 0
    second = started(postgres)
    second.send_signal(signal.SIGINT)
    assert second.wait(30) == 0
    assert not processes_of(folder)


def test_a_path_too_long_for_a_socket_gets_a_short_one(folder: Path) -> None:
    postgres = EmbeddedPostgres(folder.parent / ("deep" * 20) / "postgres")
    postgres.prepare()
    socket_folder = Path(postgres.url.partition("?host=")[2])

    process = started(postgres)

    assert (socket_folder / ".s.PGSQL.5432").is_socket()
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    socket_folder.rmdir()


def test_a_socket_folder_of_someone_else_is_not_used(folder: Path) -> None:
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
