"""A real S3 server that knows If-None-Match, CORS and expiry: Ceph's, whole in memory, on free ports.

A room's conftest.py takes the fixture `ceph` by name; it skips, and says so, where Ceph is not installed.
"""

import base64
import os
import secrets
import shutil
import struct
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.certificates import Certificate, make_certificate
from tests.support.ports import free_port
from tests.support.s3_server import ACCESS_KEY, SECRET_KEY, S3Server

PROGRAMS = ("radosgw", "radosgw-admin", "ceph", "ceph-mon", "ceph-osd", "monmaptool", "setpriv")
HOW_TO_INSTALL = "apt-get install --no-install-recommends radosgw ceph-mon ceph-osd"
_TRIES = 3  # a port that was free may be taken before the server has it
_SECONDS_TO_START = 90.0
_CONFIGURATION = """
[global]
fsid = {cluster}
mon_host = [v2:127.0.0.1:{mon}]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv6 = false
keyring = {folder}/keyring
run_dir = {folder}
crash_dir = {folder}
log_file = {folder}/$name.log
mon_data = {folder}/mon
osd_data = {folder}/osd
rgw_data = {folder}/rgw
admin_socket =
pid_file =
osd_objectstore = memstore
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_data_avail_crit = 0
mon_data_avail_warn = 0
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
rgw_frontends = beast endpoint=127.0.0.1:{plain} ssl_endpoint=127.0.0.1:{safe} ssl_certificate={certificate} \
ssl_private_key={key}
"""
_KEYRING = """
[mon.]
    key = {key}
    caps mon = "allow *"
[client.admin]
    key = {key}
    caps mon = "allow *"
    caps osd = "allow *"
[osd.0]
    key = {key}
    caps mon = "allow *"
    caps osd = "allow *"
"""


class NotStarted(Exception):
    """The server did not come up; the text is what its programs said."""


@dataclass(frozen=True)
class Radosgw:
    """One server at two addresses: over http, and over TLS."""

    plain: S3Server
    safe: S3Server


@pytest.fixture(scope="package")
def ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radosgw]:
    """The server, for all tests of a folder."""
    missing = missing_programs()
    if missing:
        pytest.skip(f"{missing[0]} is not here; as root: {HOW_TO_INSTALL}")
    folder = tmp_path_factory.mktemp("ceph")
    with ExitStack() as stack:
        try:
            server = stack.enter_context(radosgw(folder, make_certificate(folder)))
        except NotStarted as error:
            pytest.skip(f"Ceph is installed and does not start: {error}")
        yield server


def missing_programs() -> list[str]:
    """Which of the programs that it takes are not on PATH."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


@contextmanager
def radosgw(folder: Path, certificate: Certificate) -> Iterator[Radosgw]:
    """The server with one user (ACCESS_KEY, SECRET_KEY). Raises NotStarted."""
    for attempt in range(1, _TRIES + 1):
        with ExitStack() as stack:
            cluster = _Cluster(folder / f"radosgw-{attempt}", certificate, stack)
            try:
                server = cluster.start()
            except NotStarted:
                if attempt == _TRIES:
                    raise
                continue
            yield server
            return


class _Cluster:
    """A monitor, an object daemon and the gateway before them, each a child of ours."""

    def __init__(self, folder: Path, certificate: Certificate, stack: ExitStack) -> None:
        self._folder = folder
        self._certificate = certificate
        self._stack = stack
        self._mon, self._plain, self._safe = (free_port() for _ in range(3))
        self._children: list[subprocess.Popen[bytes]] = []

    def start(self) -> Radosgw:
        self._write_down()
        self._start_monitor()
        osd = str(uuid4())
        self._run("ceph", "osd", "new", osd)
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._daemon("ceph-osd", "-i", "0", "-f")
        self._daemon("radosgw", "-n", "client.admin", "-f")
        self._run(
            *("radosgw-admin", "user", "create", "--uid=storykin", "--display-name=Storykin"),
            *(f"--access-key={ACCESS_KEY}", f"--secret-key={SECRET_KEY}"),
        )
        certificate = str(self._certificate.certificate)
        plain = S3Server(f"http://127.0.0.1:{self._plain}", certificate)
        self._wait_for(plain.url)
        return Radosgw(plain, S3Server(f"https://127.0.0.1:{self._safe}", certificate))

    def _write_down(self) -> None:
        for name in ("mon", "osd", "rgw"):
            (self._folder / name).mkdir(parents=True)
        self._cluster = str(uuid4())
        text = _CONFIGURATION.format(
            cluster=self._cluster,
            folder=self._folder,
            mon=self._mon,
            plain=self._plain,
            safe=self._safe,
            certificate=self._certificate.certificate,
            key=self._certificate.key,
        )
        (self._folder / "ceph.conf").write_text(text)
        (self._folder / "keyring").write_text(_KEYRING.format(key=_cephx_key()))

    def _start_monitor(self) -> None:
        map_file = str(self._folder / "monmap")
        address = f"[v2:127.0.0.1:{self._mon}]"
        self._run("monmaptool", "--create", "--fsid", self._cluster, "--addv", "a", address, map_file)
        self._run("ceph-mon", "-i", "a", "--mkfs", "--monmap", map_file)
        self._daemon("ceph-mon", "-i", "a", "-f")

    @property
    def _environment(self) -> dict[str, str]:
        configuration = self._folder / "ceph.conf"
        return {"PATH": os.environ["PATH"], "HOME": str(self._folder), "CEPH_CONF": str(configuration)}

    def _run(self, *command: str) -> None:
        try:
            subprocess.run(
                command, check=True, capture_output=True, env=self._environment, timeout=_SECONDS_TO_START
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise NotStarted(f"{error}\n{(error.stderr or b'').decode(errors='replace')[:2000]}") from None

    def _daemon(self, *command: str) -> None:
        with (self._folder / f"{command[0]}.out").open("wb") as output:
            child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],  # it does not outlive us, however we end
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._environment,
            )
        self._children.append(child)
        self._stack.callback(_end, child)

    def _wait_for(self, url: str) -> None:
        deadline = time.monotonic() + _SECONDS_TO_START
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < deadline and all(child.poll() is None for child in self._children):
            try:
                opener.open(url, timeout=30).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        said = "".join(file.read_text(errors="replace")[-2000:] for file in self._folder.glob("*.out"))
        raise NotStarted(f"radosgw does not answer\n{said}")


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()  # all they know is in memory, and no longer wanted
    child.wait()


def _cephx_key() -> str:
    """A fresh key as Ceph writes one: its type (AES), when it was made, its length, its bytes."""
    head = struct.pack("<HIIH", 1, int(time.time()), 0, 16)
    return base64.b64encode(head + secrets.token_bytes(16)).decode()
