"""nginx and Caddy as docs/howto/behind_a_proxy.md says to set them up, in front of a studio of a test."""

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.certificates import Certificate

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "behind_a_proxy.md"
PREFIX = "/storykin"  # as the page's recipes have it


def recipe(language: str, which: int = 0) -> str:
    """The text in the page's fence of this language, counted from the top."""
    return str(re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)[which])


def program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin")


@dataclass(frozen=True)
class Front:
    """Where a front proxy listens, what it leads to, and the certificate that it shows."""

    port: int
    studio_port: int
    certificate: Certificate

    @property
    def origin(self) -> str:
        return f"https://127.0.0.1:{self.port}"


def nginx_config(front: Front, prefix: str = "") -> str:
    text = recipe("nginx").replace("listen 443 ", f"listen 127.0.0.1:{front.port} ")
    text = text.replace("/etc/ssl/studio.example.pem", str(front.certificate.certificate))
    text = text.replace("/etc/ssl/studio.example.key", str(front.certificate.key))
    if prefix:
        before, after = recipe("nginx", 1).splitlines()  # the line that the page says to change, and how
        assert before.lstrip("- ") in text
        text = text.replace(before.lstrip("- "), after.lstrip("+ "))
    return _led_to(text, front.studio_port)


def caddy_config(front: Front, prefix: str = "") -> str:
    text = recipe("caddy", 1 if prefix else 0)
    name, _brace, rest = text.partition(" {")
    assert re.fullmatch(r"[a-z.]+", name)
    own = f"{front.origin} {{\n    tls {front.certificate.certificate} {front.certificate.key}"
    _brace, _line, options = recipe("caddy", 2).partition("{\n")  # what goes to the top
    return "{\n    admin off\n    auto_https off\n" + options + _led_to(own + rest, front.studio_port)


def _led_to(text: str, port: int) -> str:
    assert "127.0.0.1:7860" in text
    return text.replace("127.0.0.1:7860", f"127.0.0.1:{port}")


@contextmanager
def nginx(folder: Path, servers: str, port: int) -> Iterator[None]:
    """An nginx with these `server` blocks, as it answers at `port`."""
    folder.mkdir()
    body, temp = f"{folder}/body", f"{folder}/temp"
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/errors;\nevents {{}}\n"
        f"http {{ access_log {folder}/asked; client_body_temp_path {body}; proxy_temp_path {temp};\n"
        f"fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n"
        f"{servers} }}\n"
    )
    command = [str(program("nginx")), "-c", str(folder / "nginx.conf"), "-e", str(folder / "errors")]
    with _running(folder, command, port):
        yield


@contextmanager
def caddy(folder: Path, sites: str, port: int) -> Iterator[None]:
    """A Caddy with this Caddyfile, as it answers at `port`."""
    folder.mkdir()
    (folder / "Caddyfile").write_text(sites)
    with _running(
        folder,
        [str(program("caddy")), "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"],
        port,
    ):
        yield


FRONTS: dict[
    str, tuple[Callable[[Front, str], str], Callable[[Path, str, int], AbstractContextManager[None]]]
] = {
    "nginx": (nginx_config, nginx),
    "caddy": (caddy_config, caddy),
}


@contextmanager
def _running(folder: Path, command: list[str], port: int) -> Iterator[None]:
    with (folder / "told").open("wb") as told:
        process = subprocess.Popen(
            command,
            stdout=told,
            stderr=subprocess.STDOUT,
            env={"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
        )
    try:
        until = time.monotonic() + 120
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < until, (folder / "told").read_text()
                time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(120)
