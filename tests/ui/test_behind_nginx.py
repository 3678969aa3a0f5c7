"""The recipe of docs/howto/behind_a_proxy.md, run by a real nginx; skipped where there is none."""

import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

from tests.support.studio import stand_in_studio
from ui.app import create_app
from ui.serve import StudioServer, listening_socket
from ui.settings import StudioSettings

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "behind_a_proxy.md"

pytestmark = pytest.mark.skipif(NGINX is None, reason="there is no nginx on this machine")


def _recipe() -> str:
    found = re.search(r"```nginx\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found
    return found[1]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def _nginx(folder: Path, server: str, port: int) -> Iterator[None]:
    folder.mkdir()
    body, temp = f"{folder}/body", f"{folder}/temp"
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/errors;\nevents {{}}\n"
        f"http {{ access_log off; client_body_temp_path {body}; proxy_temp_path {temp};\n"
        f"fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n{server} }}\n"
    )
    command = [str(NGINX), "-c", str(folder / "nginx.conf"), "-e", str(folder / "errors")]
    process = subprocess.Popen(command)
    try:
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < until, (folder / "errors").read_text()
                time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def _studio(home: Path, origin: str) -> Iterator[int]:
    with listening_socket("127.0.0.1", 0) as listener:
        studio = stand_in_studio(home, origin=origin)
        app = create_app(StudioSettings(STORYKIN_TRUSTED_PROXIES="127.0.0.1"), studio.services)
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1, proxy_headers=False)
        server = StudioServer(config, app.state.live, app.state.eyes)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(20)
            studio.services.record.close()


def test_the_recipe_and_what_is_said_without_it(home: Path, migrated_record: Path, tmp_path: Path) -> None:
    shutil.copy(migrated_record, home / "storykin.db")
    port, bare_port = _free_port(), _free_port()
    origin = f"http://127.0.0.1:{port}"
    question = {"content_type": "image/jpeg", "length": 1000}
    with _studio(home, origin) as inner:
        recipe = _recipe().replace("listen 443 ssl http2", f"listen 127.0.0.1:{port}")
        recipe = re.sub(r"ssl_certificate\S*\s+\S+;", "", recipe).replace(":7860", f":{inner}")
        passed = f"location / {{ proxy_pass http://127.0.0.1:{inner}; }}"
        bare = f"server {{ listen 127.0.0.1:{bare_port}; {passed} }}"
        with (
            _nginx(tmp_path / "nginx", recipe + bare, port),
            httpx.Client(base_url=origin, timeout=20, trust_env=False) as browser,
        ):
            assert browser.get("/studio/").status_code == 200
            answer = browser.post("/api/uploads", json=question, headers={"Origin": origin})
            assert answer.status_code == 200
            assert answer.json()["url"].startswith(origin)
            forged = {"Forwarded": "for=192.0.2.6;host=evil.example", "X-Forwarded-Host": "evil.example"}
            assert browser.get("/studio/", headers=forged).status_code == 200  # that Host would get 400
            with browser.stream("GET", "/api/live") as stream:
                assert next(stream.iter_lines()) != ""  # at once, not when a buffer is full

            other = f"http://127.0.0.1:{bare_port}"
            refused = httpx.post(
                f"{other}/api/uploads", json=question, headers={"Origin": other}, trust_env=False
            )
            assert refused.status_code == 403
            assert refused.headers["x-storykin-origin"] == origin  # the page tells the person to open that
