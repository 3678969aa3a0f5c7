"""Starting the studio."""

import socket

import pytest

from tasks.errors import UsageError
from ui.serve import listening_socket


def test_port_zero_takes_a_free_port() -> None:
    with listening_socket("127.0.0.1", 0) as door:
        assert door.getsockname()[1] > 0


def test_a_port_that_is_taken_is_said_to_be() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"Port {port} is taken") as refused:
            listening_socket("127.0.0.1", port)
    assert refused.value.code == "port_taken"
