"""Prefect's dashboard in a real browser: open to its owner by one click, shut to every other page."""

import http.server
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, expect

from flows.installation_secret import FILE
from flows.settings import flow_settings
from flows.submit import close, dashboard_way_in
from tests.e2e.conftest import FLAGS, chromium_path
from tests.support.prefect_server import PrefectServer, prefect_server, use
from tests.support.served_studio import served_studio

__all__ = ["prefect_server"]

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.postgres]

# Everything that a page can try on a server of another origin. It tells what it got.
HOSTILE = """
<!doctype html><script>
async function attempt(name, work) {
  try { got[name] = await work(); } catch (problem) { got[name] = "refused: " + problem.name; }
}
const got = {};
const API = "%(api)s";
const flow = JSON.stringify({ name: "of-a-stranger" });
const json = { "Content-Type": "application/json" };
const socket = (path) => new Promise((resolve) => {
  const opened = new WebSocket(API.replace("http", "ws") + path, ["prefect"]);
  opened.onopen = () => resolve("open");
  opened.onerror = () => resolve("refused");
});
const ask = async (place, options) => (await fetch(place, options)).text();
const post = (body, more) => ({ method: "POST", headers: json, body, ...more });
const door = API.replace("/api", "/storykin");
(async () => {
  await attempt("settings", () => ask(API + "/admin/settings"));
  await attempt("with cookies", () => ask(API + "/admin/version", { credentials: "include" }));
  await attempt("read", () => ask(API + "/flow_runs/filter", post("{}")));
  await attempt("write", () => ask(API + "/flows/", post(flow)));
  const blind = { method: "POST", mode: "no-cors", body: flow };
  await attempt("blind", async () => (await fetch(API + "/flows/", blind)).type);
  await attempt("token", () => ask(API + "/csrf-token?client=stranger"));
  await attempt("proof", () => ask(door + "/proof?challenge=x"));
  await attempt("session", () => ask(door + "/session", { method: "POST", body: "x" }));
  await attempt("events", () => socket("/events/out"));
  await attempt("worker", () => socket("/work_pools/storykin/workers/connect"));
  document.title = JSON.stringify(got);
})();
</script>
<form id="form" method="post" enctype="text/plain" action="%(api)s/flows/" target="hole">
  <input name='{"name": "of-a-form", "tags": ["' value='"]}'></form><iframe name="hole"></iframe>
"""


@contextmanager
def a_site(page: str) -> Iterator[str]:
    """A site of somebody's on this machine, on a port of its own."""

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@pytest.fixture
def told(home: Path, prefect_server: PrefectServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process as a part of the installation that has started the server."""
    shutil.copy(prefect_server.home / FILE, home / FILE)
    use(prefect_server, monkeypatch)
    flow_settings.cache_clear()
    yield
    close()
    flow_settings.cache_clear()


def flows_of(server: PrefectServer) -> set[str]:
    return {each["name"] for each in server.ask("POST", "/flows/filter", {})}


def test_a_page_of_another_origin_gets_and_does_nothing(
    browser: Browser, prefect_server: PrefectServer
) -> None:
    before = flows_of(prefect_server)
    with a_site(HOSTILE % {"api": prefect_server.api_url}) as site:
        page = browser.new_page()
        page.goto(site)
        page.wait_for_function("document.title.startsWith('{')", timeout=60_000)
        got: dict[str, Any] = json.loads(page.title())
        with page.expect_response("**/api/flows/") as answer:
            page.evaluate("document.getElementById('form').submit()")
        page.close()

    assert answer.value.status == 403
    assert len(got) == 10 and all(what.startswith("refused") for what in got.values()), got
    assert flows_of(prefect_server) == before


def test_a_name_that_somebodys_dns_has_pointed_here_is_not_answered(
    playwright: Playwright, prefect_server: PrefectServer
) -> None:
    rebinding = [*FLAGS, "--host-resolver-rules=MAP rebound.test 127.0.0.1"]
    rebound = prefect_server.api_url.replace("127.0.0.1", "rebound.test")
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=rebinding)
    page = browser.new_page()
    answer = page.goto(f"{rebound}/health")
    assert answer is not None and answer.status == 421
    shell = page.goto(rebound.removesuffix("/api"))
    assert shell is not None and shell.status == 421
    browser.close()


def test_the_owner_is_in_by_one_click_and_the_link_is_good_for_nobody_else(
    browser: Browser, prefect_server: PrefectServer, home: Path, migrated_record: Path, told: None
) -> None:
    shutil.copy(migrated_record, home / "storykin.db")
    prefect_server.ask("POST", "/flows/", {"name": "of-the-owner"})
    prefect_server.a_run_in("COMPLETED")
    with served_studio(home, dashboard_url=dashboard_way_in) as served:
        context = browser.new_context()
        studio = context.new_page()
        studio.goto(f"{served.url}/studio/")
        with context.expect_page() as opened:
            studio.get_by_role("link", name="Prefect").click()
        dashboard = opened.value
        dashboard.wait_for_url("**/dashboard")
        expect(dashboard.get_by_text("Flow Runs", exact=True).first).to_be_visible(timeout=60_000)
        assert "password" not in dashboard.content().lower()

        # Signed in for good: a page of the dashboard opened by its address asks for nothing.
        runs = context.new_page()
        runs.goto(f"{prefect_server.api_url.removesuffix('/api')}/v2/flows")
        expect(runs.get_by_text("of-the-owner").first).to_be_visible(timeout=60_000)

        # The browser holds a password of its own, not the installation's secret.
        kept = runs.evaluate("atob(localStorage.getItem('prefect-password'))")
        assert kept.startswith("storykin-session:") and prefect_server.secret not in kept
        context.close()

        link = dashboard_way_in("/v2/flows")
        for expected in ("of-the-owner", "This way in was used"):
            stranger = browser.new_context()
            page = stranger.new_page()
            page.goto(link)
            expect(page.get_by_text(expected).first).to_be_visible(timeout=60_000)
            stranger.close()


def test_who_has_not_signed_in_is_told_how(browser: Browser, prefect_server: PrefectServer) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{prefect_server.api_url.removesuffix('/api')}/dashboard")
    expect(page.get_by_text("storykin dashboard")).to_be_visible(timeout=60_000)
    assert page.evaluate("localStorage.getItem('prefect-password')") is None
    context.close()
