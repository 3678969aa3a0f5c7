"""A port for a program that will listen on it later: in half a minute, where the machine is slow."""

import random
import socket

# Below those that the kernel gives to outgoing connections: of these the tests make thousands, and one of
# them would have the port by the time the program asks for it.
_OURS = range(15_000, 32_000)


def free_port() -> int:
    """One that nobody listens on just now. Raises AssertionError where there is none."""
    for port in random.sample(_OURS, 200):
        with socket.socket() as door:
            try:
                door.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")
