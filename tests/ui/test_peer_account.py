"""Whose browser asks: told by the kernel of connections within this machine, and believed of no one else."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from tests.support.studio import StandInStudio
from ui.app import create_app
from ui.peer_account import account_of, is_owner
from ui.settings import StudioSettings

NOBODY = 65534

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")


@contextmanager
def connected_as(account: int | None, family: socket.AddressFamily) -> Iterator[tuple[socket.socket, int]]:
    """The server's end of a connection that a process of `account` has made, and a pipe that ends it."""
    host = "::1" if family is socket.AF_INET6 else "127.0.0.1"
    with socket.create_server((host, 0), family=family) as door:
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.close(theirs)
                if account is not None:
                    os.setuid(account)
                with socket.socket(family) as asking:  # made now: it is the account's that makes it
                    asking.connect(door.getsockname())
                    os.read(ours, 1)
            finally:
                os._exit(0)
        os.close(ours)
        door.settimeout(120)
        accepted, _ = door.accept()
        accepted.settimeout(120)
        try:
            with accepted:
                yield accepted, theirs
        finally:
            with suppress(OSError):
                os.close(theirs)
            os.waitpid(child, 0)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # of forking beside threads
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
@pytest.mark.parametrize("account", [None, NOBODY], ids=["ourselves", "nobody"])
def test_the_kernel_tells_whose_connection_it_is_while_it_stands(
    account: int | None, family: socket.AddressFamily
) -> None:
    if account is not None and os.geteuid() != 0:
        pytest.skip("only root may become someone else")
    with connected_as(account, family) as (accepted, lifeline):
        peer, here = accepted.getpeername()[:2], accepted.getsockname()[:2]
        assert account_of(peer, here) == (os.geteuid() if account is None else account)

        os.close(lifeline)
        assert accepted.recv(1) == b""

        # The kernel shows an ended connection as root's.
        assert account_of(peer, here) is None


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"], ids=str.lower)
def test_what_came_through_a_proxy_is_nobodys(header: str) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as door,
        socket.create_connection(door.getsockname()) as asking,
    ):
        ends = {"client": asking.getsockname(), "server": asking.getpeername()}
        assert is_owner(Request({"type": "http", "headers": [], **ends}))
        told = [(header.lower().encode(), b"x")]
        assert not is_owner(Request({"type": "http", "headers": told, **ends}))


def test_whoever_can_not_be_told_is_not_the_owner(studio: StandInStudio) -> None:
    asked = []

    def dashboard(page: str, owner: bool) -> str:
        asked.append((page, owner))
        return "http://127.0.0.1:4200/dashboard"

    object.__setattr__(studio.services, "dashboard_url", dashboard)
    client = TestClient(create_app(StudioSettings(), studio.services), base_url="http://127.0.0.1:7860")
    for wished in ("/runs", "//evil.example/", "/\\evil.example", "https://evil.example/"):
        client.get("/prefect", params={"next": wished}, follow_redirects=False)

    assert asked == [("/runs", False), *[("/dashboard", False)] * 3]
