"""What the studio refuses, and what it says about itself to browsers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.support.studio import stand_in_studio
from ui.app import create_app
from ui.security import SecurityPolicy, allowed_hosts
from ui.settings import StudioSettings

ORIGIN = "http://127.0.0.1:7860"
EVIL = "https://evil.example"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("home")
    app = create_app(StudioSettings(), stand_in_studio(home).services)
    with TestClient(app, base_url=ORIGIN, follow_redirects=False) as client:
        yield client


PAGES = ["/studio/", "/studio/new", "/studio/character"]


@pytest.mark.parametrize("path", [*PAGES, "/healthz", "/static/studio.css", "/studio/nowhere", "/media/x"])
def test_every_answer_forbids_framing_sniffing_and_foreign_sources(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy or "default-src 'none'" in policy
    assert "*" not in policy and "http" not in policy


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_served_and_never_cached(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_hashed_assets_are_kept_for_ever(client: TestClient) -> None:
    answer = client.get("/static/studio.css?v=1")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("path", ["/studio/config", "/studio/", "/healthz", "/studio/gradio_api/info"])
def test_no_other_site_may_read_an_answer(client: TestClient, path: str) -> None:
    answer = client.get(path, headers={"Origin": EVIL})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "origin", [EVIL, "null", "http://127.0.0.1:7861", "http://127.0.0.1:7860.evil.example"]
)
@pytest.mark.parametrize("path", ["/studio/gradio_api/queue/join", "/api/uploads", "/healthz"])
def test_a_request_that_changes_something_must_come_from_here(
    client: TestClient, path: str, origin: str
) -> None:
    assert client.post(path, json={}, headers={"Origin": origin}).status_code == 403


def test_a_cross_site_post_without_an_origin_is_refused_too(client: TestClient) -> None:
    answer = client.post("/api/uploads", json={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860"])
def test_the_studio_may_be_called_by_each_of_its_names(client: TestClient, host: str) -> None:
    question = {"content_type": "image/jpeg", "length": 10}
    answer = client.post("/api/uploads", json=question, headers={"Host": host, "Origin": f"http://{host}"})
    assert answer.status_code == 200


def test_an_unknown_host_is_refused(client: TestClient) -> None:
    answer = client.get("/studio/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "path",
    [
        "/studio/gradio_api/upload",
        "/studio/gradio_api/upload/",
        "/studio/gradio_api/upload_progress",
        "/studio/gradio_api/file=/etc/passwd",
        "/studio/gradio_api/file=http://example.com/x",
        "/studio/gradio_api/file=https://example.com/x",
        "/studio/gradio_api/file/etc/passwd",
        "/studio/gradio_api/proxy=http://example.com/",
        "/studio/gradio_api/component_server",
        "/studio/gradio_api/call/anything",
        "/studio/gradio_api/run/predict",
        "/studio/gradio_api/api/predict",
        "/studio/gradio_api/heartbeat/abc",
        "/studio/gradio_api/deep_link",
        "/studio/gradio_api/openapi.json",
        "/studio/gradio_api/runs",
        "/studio/gradio_api/vibe-edit",
        "/studio/gradio_api/stream/x",
        "/studio/gradio_api/../gradio_api/upload",
        "/studio//gradio_api/upload",
        "/studio/%67radio_api/upload",
    ],
)
def test_the_parts_of_gradio_nobody_needs_are_closed(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path, headers={"Origin": ORIGIN})
    assert answer.status_code in (308, 403, 404)
    if answer.status_code == 308:  # to the same place, written properly, which is closed
        assert client.request(method, answer.headers["location"]).status_code in (403, 404)


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/studio/openapi.json", "/studio/docs"])
def test_there_is_no_description_of_the_interface(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/static/../settings.py",
        "/static/%2e%2e/settings.py",
        "/static/..%2f..%2fpyproject.toml",
        "/media/../../etc/passwd",
        "/scaled/240/1/../../../etc/passwd.webp?s=x",
        "/scaled/240/1/%2e%2e%2f%2e%2e%2fetc%2fpasswd.webp?s=x",
    ],
)
def test_no_path_leads_out_of_its_folder(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (403, 404)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("/studio/new/", "/studio/new"),
        ("/studio/new/?run=1", "/studio/new?run=1"),
        ("/studio//evil.example/", "/studio/evil.example"),
        ("/studio/?page=4000&p=2", "/studio/?p=2"),
        ("/studio/?deep_link=x", "/studio/"),
    ],
)
def test_addresses_are_put_right_before_gradio_sees_them(client: TestClient, asked: str, given: str) -> None:
    answer = client.get(asked)
    assert (answer.status_code, answer.headers["location"]) == (308, given)


def test_the_front_door_leads_to_the_list(client: TestClient) -> None:
    assert client.get("/").headers["location"] == "/studio/today"


def test_the_prefect_link_leads_to_its_dashboard(client: TestClient) -> None:
    assert client.get("/prefect").headers["location"] == "http://127.0.0.1:4200/dashboard"


@pytest.mark.parametrize("path", ["/manifest.json", "/favicon.ico", "/robots.txt"])
def test_what_browsers_ask_for_unasked_is_there(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 200


def test_a_bucket_s_origin_may_be_loaded_from_and_uploaded_to() -> None:
    policy = SecurityPolicy(ORIGIN, storage_origins=("https://bucket.example",)).content_security
    assert "img-src 'self' data: blob: https://bucket.example" in policy
    assert "connect-src 'self' https://bucket.example" in policy


def test_the_public_name_and_the_bind_address_are_allowed_hosts_but_no_wildcard() -> None:
    hosts = allowed_hosts("https://studio.example", ["0.0.0.0", "10.1.2.3"])
    assert hosts == ["10.1.2.3", "127.0.0.1", "::1", "localhost", "studio.example"]


def test_gradio_s_scratch_folder_is_private_and_emptied_at_start(tmp_path: Path) -> None:
    left_over = tmp_path / "studio-scratch" / "photo.jpg"
    left_over.parent.mkdir()
    left_over.write_bytes(b"left by a killed process")
    create_app(StudioSettings(), stand_in_studio(tmp_path).services)
    assert not left_over.exists()
    assert left_over.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "null", "//"])
def test_an_origin_that_is_none_is_another_site(client: TestClient, origin: str) -> None:
    assert client.post("/api/uploads", json={}, headers={"Origin": origin}).status_code == 403
