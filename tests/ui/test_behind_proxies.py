"""The recipes of docs/howto/behind_a_proxy.md, run by a real nginx and a real Caddy."""

import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
import uvicorn

from tasks.accounts import people
from tests.support.certificates import Certificate, make_certificate
from tests.support.front_proxies import FRONTS, PREFIX, Front, nginx, program
from tests.support.ports import free_port
from tests.support.settings_of_process import settings_of_its_own
from tests.support.studio import stand_in_studio
from ui.app import create_app
from ui.serve import StudioServer, listening_socket
from ui.settings import StudioSettings

QUESTION = {"content_type": "image/jpeg", "length": 1000}
WHO = {"email": "anna@example.org", "password": "seven green lanterns"}
FORGED = {
    "Forwarded": "for=192.0.2.6;host=evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Gradio-Server": "https://evil.example",
}


@contextmanager
def _studio(home: Path, origin: str) -> Iterator[int]:
    with listening_socket("127.0.0.1", 0) as listener:
        studio = stand_in_studio(home, origin=origin)
        people.add_person(studio.services.record, name="Anna", role=None, by=None, via="command line", **WHO)
        app = create_app(StudioSettings(STORYKIN_TRUSTED_PROXIES="127.0.0.1"), studio.services)
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1, proxy_headers=False)
        server = StudioServer(config, app.state.live, app.state.eyes)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(120)
            studio.services.record.close()


@contextmanager
def _browser(origin: str, certificate: Certificate) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=origin, timeout=120, trust_env=False, http2=True, verify=certificate.client_context()
    ) as client:
        yield client


@pytest.mark.parametrize("prefix", ["", PREFIX])
def test_the_recipes_and_what_is_said_without_them(
    home: Path, migrated_record: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    present = [name for name in FRONTS if program(name)]
    if not present:
        pytest.skip("there is no proxy on this machine")
    shutil.copy(migrated_record, home / "storykin.db")
    monkeypatch.setenv("STORYKIN_PATH_PREFIX", prefix)
    port, certificate = free_port(), make_certificate(tmp_path)
    with settings_of_its_own(), _studio(home, f"https://127.0.0.1:{port}") as inner:
        front = Front(port, inner, certificate)
        for name in present:
            config, run = FRONTS[name]
            with (
                run(tmp_path / name, config(front, prefix), port),
                _browser(front.origin, certificate) as browser,
            ):
                _asked_as_a_browser_would(browser, front.origin, prefix)
        if "nginx" in present:
            _asked_through_bare_nginx(tmp_path / "bare", front)


def _asked_as_a_browser_would(browser: httpx.Client, origin: str, prefix: str) -> None:
    stranger = browser.get(f"{prefix}/shared/x?e=1&s=x", headers={**FORGED, "Accept": "text/html"})
    assert stranger.status_code == 403 and f'href="{prefix}/' in stranger.text
    assert "evil.example" not in stranger.text
    door = browser.get(f"{prefix}/", follow_redirects=True, headers={**FORGED, "Accept": "text/html"})
    assert door.url.path == f"{prefix}/sign-in" and "evil.example" not in door.text
    assert f'action="{prefix}/sign-in"' in door.text
    entered = browser.post(f"{prefix}/sign-in", data=WHO, headers={"Origin": origin})
    assert entered.status_code == 303
    assert "__Host-storykin_session" in browser.cookies
    page = browser.get(f"{prefix}/", follow_redirects=True, headers=FORGED)
    assert page.status_code == 200
    assert page.http_version == "HTTP/2"
    assert page.url == f"{origin}{prefix}/studio/today"
    assert "evil.example" not in page.text
    assert f'"root":"{origin}{prefix}/studio"' in page.text
    read = set(re.findall(r'(?:src|href)="([^"#]+)"', page.text.partition("window.gradio_config")[0]))
    ours = [each for each in read if "/static/" in each]
    assert ours and all(each.startswith(f"{prefix}/") for each in ours)
    for each in read | {f"{prefix}/manifest.json"}:
        place = urljoin(str(page.url), each)
        if place.startswith(origin):
            assert browser.get(place).status_code == 200, each

    answer = browser.post(f"{prefix}/api/uploads", json=QUESTION, headers={"Origin": origin})
    assert answer.status_code == 200
    assert answer.json()["url"].startswith(f"{origin}{prefix}/api/uploads/")
    assert f"path={prefix}/api/uploads" in answer.headers["set-cookie"].lower()
    chosen = browser.get(f"{prefix}/language?to=de", headers={"Referer": f"{origin}{prefix}/studio/costs"})
    assert chosen.headers["location"] == f"{prefix}/studio/costs"
    assert "Kosten" in browser.get(chosen.headers["location"]).text
    with browser.stream("GET", f"{prefix}/api/live") as stream:
        assert next(stream.iter_lines()) != ""  # at once, not when a buffer is full


def _asked_through_bare_nginx(folder: Path, front: Front) -> None:
    port = free_port()
    passed = f"location / {{ proxy_pass http://127.0.0.1:{front.studio_port}; }}"
    other = f"http://127.0.0.1:{port}"
    with nginx(folder, f"server {{ listen 127.0.0.1:{port}; {passed} }}", port):
        refused = httpx.post(
            f"{other}/api/uploads", json=QUESTION, headers={"Origin": other}, trust_env=False
        )
    assert refused.status_code == 403
    # The page tells the person to open that.
    assert refused.headers["x-storykin-origin"].startswith(front.origin)


@pytest.mark.parametrize("prefix", ["", PREFIX])
def test_an_address_that_lets_in_by_itself_is_in_no_log(tmp_path: Path, prefix: str) -> None:
    present = [name for name in FRONTS if program(name)]
    if not present:
        pytest.skip("there is no proxy on this machine")
    front = Front(free_port(), free_port(), make_certificate(tmp_path))  # the studio is away: that is logged
    for name in present:
        config, run = FRONTS[name]
        folder = tmp_path / name
        with (
            run(folder, config(front, prefix), front.port),
            _browser(front.origin, front.certificate) as browser,
        ):
            asked = [
                "proof/S3CRET",
                "proof/S3CRET/1",
                "support/S3CRET",
                "shared/x?e=1&s=S3CRET",
                "studio/today",
            ]
            assert {browser.get(f"{prefix}/{each}").status_code for each in asked} == {502}
        written = "".join(each.read_text() for each in folder.rglob("*") if each.is_file())
        assert "studio/today" in written
        assert "S3CRET" not in written, name
