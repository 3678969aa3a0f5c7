"""How quickly the studio answers very many who watch, and what it keeps in memory.

Run by `make bench`, or alone: `python -m tests.bench.bench_studio [clicks|visible|watchers|covers|memory]`.
The studio runs in a process of its own, its engine a stand-in. Beside every wall time stands the same from a
plain FastAPI page in that process, so that the ratio holds on a busy machine too.
"""

import asyncio
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
from playwright.async_api import async_playwright

from tests.bench.table import row, title
from tests.e2e.conftest import FLAGS, chromium_path

CHARACTERS = 30
CLICKS = 40
TOGETHER = (60, 100, 300)
RUNS, RUNS_A_LINE = 50, 10
PAGES = ("today", "", "review", "new", "character", "costs", "batches", "health", "help")

PRESSED = 12  # times each


@dataclass(frozen=True)
class Press:
    """Something that people press: where, what, and the selector of what must be there at once."""

    name: str
    address: str
    press: str
    changed: str
    ready: str = "body"
    key: str = ""
    alternates: bool = False  # pressing it again takes it back: the same button is pressed each time

    def which(self, number: int) -> int:
        """Which of what `press` finds is pressed the `number`th time."""
        return 0 if not self.alternates else number % 2


_LIST, _PAGE = "[data-testid=card] img", "img.sk-large"
PRESSES = (
    Press("the next page of the list", "/studio/", "[rel=next]", "[data-list][aria-busy=true]", _LIST),
    Press(
        "a filter",
        "/studio/",
        "#list-form label:has([name=status][value=ready])",
        ":is([data-list][aria-busy=true])",
        _LIST,
    ),
    Press("selecting a character", "/studio/", "[data-pick]", "[data-list-bar]:not([hidden])", _LIST),
    Press(
        "a favourite",
        "/studio/character?id={character}",
        "#make-favourite",
        "#make-favourite[aria-busy=true]",
        _PAGE,
    ),
    Press(
        "another picture",
        "/studio/character?id={character}",
        "[data-testid=variant]",
        "[data-testid=variant][aria-busy=true]",
        _PAGE,
    ),
    Press(
        "approving in the review",
        "/studio/review",
        "[data-do=approve]",
        "[data-undo-said], [data-said]:not(:empty)",
        "sk-review[data-state=shown]",
        key="a",
    ),
    Press(
        "Generate, with nothing filled in",
        "/studio/new",
        "#generate",
        "[data-fault]:not([hidden])",
        "[data-testid=photo-zone][data-ready=yes]",
    ),
)
# Resolves with milliseconds: from the event of the press to the frame in which the change is there.
_WATCH = """changed => {
  window.sawChange = new Promise(done => {
    let pressed = 0;
    const heard = event => { pressed ||= event.timeStamp; };
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, heard, { capture: true });
    const look = () => {
      if (!pressed || !document.querySelector(changed)) return;
      watch.disconnect();
      requestAnimationFrame(() => done(performance.now() - pressed));
    };
    const watch = new MutationObserver(look);
    watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  });
}"""

Ask = Callable[[httpx.AsyncClient], Awaitable[object]]


def main(only: str = "") -> int:
    """Print the figures."""
    parts = {"clicks": clicks, "visible": visible, "watchers": watchers, "covers": covers, "memory": memory}
    for name, part in parts.items():
        if only in ("", name):
            with _studio() as url:
                asyncio.run(part(url))
    return 0


async def clicks(url: str) -> None:
    """One person, one click after the other: from the request to the whole answer."""
    title("a click, one person", ("p50 ms", "p95 ms", "ratio"))
    async with _client(url) as client:
        await _made(client, CHARACTERS)
        plain = _quantiles(await _timed(client, CLICKS, _get("/plain/list?p=2")))
        row("plain FastAPI page of the list", *plain, 1.0)
        asked = {
            "page turn": _get("/fragments/characters?p=2"),
            "search": _get("/fragments/characters?q=maya"),
            "filter": _get("/fragments/characters?status=ready"),
            "Today": _get("/fragments/today"),
            "the next card of the review": _get("/review/queue"),
        }
        for name, ask in asked.items():
            took = _quantiles(await _timed(client, CLICKS, ask))
            row(name, *took, took[0] / plain[0])


async def visible(url: str) -> None:
    """From a press in a real browser until the page shows that it was heard: `performance.now()` in the press
    and in the first frame after the change. The goal is 100 ms.
    """
    async with _client(url) as client:
        first = (await _made(client, CHARACTERS))[0]
    title("a press in Chromium, until the page shows it", ("p50 ms", "p95 ms"))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        context = await browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        page = await context.new_page()
        for each in PRESSES:
            took = []
            for number in range(PRESSED):
                await page.goto(f"{url}{each.address.format(character=first)}")
                await page.locator(each.press).nth(each.which(number)).wait_for()
                await page.locator(each.ready).first.wait_for()
                await page.evaluate(_WATCH, each.changed)
                if each.key:
                    await page.keyboard.press(each.key)
                else:
                    await page.locator(each.press).nth(each.which(number)).click()
                took.append(await page.evaluate("window.sawChange") / 1000)
            row(each.name, *_quantiles(took))
        await browser.close()


async def watchers(url: str) -> None:
    """Many who have an eye on one run: all look again at once, when something has happened."""
    title("watchers, all at once", ("p50 ms", "p95 ms", "ratio"))
    async with _client(url) as client:
        (character,) = await _made(client, 1)
        tick = await _tick_of(client)
        for many in TOGETHER:
            plain = _quantiles(await _at_once(client, many, _get("/plain/list")))
            row(f"{many}: plain FastAPI page of the list", *plain, 1.0)
            shown = _quantiles(await _at_once(client, many, _get("/fragments/characters")))
            row(f"{many}: the live list", *shown, shown[1] / plain[1])
            heard = _quantiles(await _heard(client, many, character))
            row(f"{many}: a change heard by the stream", *heard, heard[1] / plain[1])
        page = _quantiles(await _at_once(client, TOGETHER[0], partial(_event, tick, character)))
        row(f"{TOGETHER[0]}: the character's page, by Gradio", *page, page[1] / plain[1])


async def covers(url: str) -> None:
    """A page of covers: when nobody has asked for them, and from then on."""
    title("a page of covers", ("wall ms", "cpu ms"))
    async with _client(url) as client:
        await _made(client, 24)
        shown = (await client.get("/fragments/characters")).text
        links = [each.replace("&amp;", "&") for each in re.findall(r'src="(/scaled/[^"]+)"', shown)]
        for name in ("made for the first time", "kept in the store", "kept, once more"):
            before, began = await _cpu(client), time.perf_counter()
            answers = await asyncio.gather(*(client.get(link) for link in links))
            wall = (time.perf_counter() - began) * 1000
            assert {answer.status_code for answer in answers} == {200}
            row(f"{len(links)} covers, {name}", wall, (await _cpu(client) - before) * 1000)


async def memory(url: str) -> None:
    """What a process holds after very many runs, page loads, events and streams."""
    title("memory of the studio", ("MB", "after gc", "objects"))
    async with _client(url) as client:
        await _look_around(client, (await _made(client, 1))[0])
        row("every page once", *await _memory(client))
        streams = [asyncio.create_task(_listen(client)) for _ in range(5)]
        for done in range(RUNS_A_LINE, RUNS + 1, RUNS_A_LINE):
            for _ in range(RUNS_A_LINE):
                await _look_around(client, (await _made(client, 1))[0])
            row(f"{done} runs", *await _memory(client))
        for stream in streams:
            stream.cancel()
        await asyncio.gather(*streams, return_exceptions=True)


async def _look_around(client: httpx.AsyncClient, character: str) -> None:
    """What the browser of somebody does who starts a run and watches it."""
    for page in PAGES:
        (await client.get(f"/studio/{page}")).raise_for_status()
    shown = (await client.get("/fragments/characters")).text
    for link in re.findall(r'src="(/scaled/[^"]+)"', shown):
        await client.get(link.replace("&amp;", "&"))
    await client.get("/fragments/today")
    tick = await _tick_of(client)
    for _ in range(5):
        await _event(tick, character, client)


async def _event(tick: int, character: str, client: httpx.AsyncClient) -> None:
    """One of Gradio's events, as its page asks for it: joins the queue, and reads until it is done."""
    session = f"bench{time.perf_counter_ns()}"
    asked = {"data": [character, ""], "fn_index": tick, "session_hash": session, "event_data": None}
    joined = await client.post("/studio/gradio_api/queue/join", json=asked)
    joined.raise_for_status()
    told = {"session_hash": session}
    async with client.stream("GET", "/studio/gradio_api/queue/data", params=told) as answer:
        async for line in answer.aiter_lines():
            if '"process_completed"' in line:
                assert '"success":true' in line, line[:300]
                return


async def _tick_of(client: httpx.AsyncClient) -> int:
    """The number of the event by which an open character's page looks again."""
    text = (await client.get("/studio/character")).text
    begins = text.index("window.gradio_config = ") + len("window.gradio_config = ")
    config, _ = json.JSONDecoder().raw_decode(text[begins:])
    return int(next(each["id"] for each in config["dependencies"] if each["api_name"] == "tick"))


async def _listen(client: httpx.AsyncClient, ready: asyncio.Event | None = None) -> float:
    """Hear the stream, and for how long it takes until something has changed: the moment of it."""
    async with client.stream("GET", "/api/live") as answer:
        async for line in answer.aiter_lines():
            if ready is None:
                continue
            if line == "event: here":
                ready.set()
            if line == "event: changed":
                return time.perf_counter()
    raise AssertionError("the stream has ended")


async def _heard(client: httpx.AsyncClient, many: int, character: str) -> list[float]:
    """How long after the first of `many` each hears of a change. The feed looks twice a second."""
    ready = [asyncio.Event() for _ in range(many)]
    streams = [asyncio.create_task(_listen(client, each)) for each in ready]
    await asyncio.gather(*(each.wait() for each in ready))
    (await client.post(f"/plain/happen?character={character}")).raise_for_status()
    at = await asyncio.gather(*streams)
    return [moment - min(at) for moment in at]


async def _made(client: httpx.AsyncClient, many: int) -> list[str]:
    answer = await client.post(f"/plain/made?many={many}")
    ids: list[str] = answer.raise_for_status().json()
    return ids


async def _memory(client: httpx.AsyncClient) -> tuple[float, float, float]:
    held = (await client.get("/plain/memory")).raise_for_status().json()
    return held["before"], held["after"], held["objects"]


async def _cpu(client: httpx.AsyncClient) -> float:
    return float((await client.get("/plain/cpu")).text)


def _get(path: str) -> Ask:
    async def ask(client: httpx.AsyncClient) -> None:
        (await client.get(path)).raise_for_status()

    return ask


async def _timed(client: httpx.AsyncClient, times: int, ask: Ask) -> list[float]:
    await ask(client)
    return [await _seconds(client, ask) for _ in range(times)]


async def _at_once(client: httpx.AsyncClient, many: int, ask: Ask) -> list[float]:
    await ask(client)
    return list(await asyncio.gather(*(_seconds(client, ask) for _ in range(many))))


async def _seconds(client: httpx.AsyncClient, ask: Ask) -> float:
    began = time.perf_counter()
    await ask(client)
    return time.perf_counter() - began


def _quantiles(seconds: list[float]) -> tuple[float, float]:
    return statistics.median(seconds) * 1000, statistics.quantiles(seconds, n=20)[-1] * 1000


def _client(url: str) -> httpx.AsyncClient:
    # Let go of a resting connection before the server does, in five seconds: it may close it as we ask.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=1)
    return httpx.AsyncClient(base_url=url, timeout=300, limits=limits, headers={"origin": url})


@contextmanager
def _studio() -> Iterator[str]:
    """A studio in a process of its own; its address."""
    with tempfile.TemporaryDirectory(prefix="storykin-bench-") as home:
        command = [sys.executable, "-m", "tests.bench.bench_studio", "--serve", home]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            process.wait(30)


def _serve(home: Path) -> None:
    import uvicorn

    from tests.bench.plain_page import beside
    from tests.support.studio import stand_in_studio
    from ui.app import create_app
    from ui.serve import StudioServer, listening_socket
    from ui.settings import StudioSettings

    with listening_socket("127.0.0.1", 0) as door:
        origin = f"http://127.0.0.1:{door.getsockname()[1]}"
        studio = stand_in_studio(home, origin=origin)
        app = create_app(StudioSettings(), studio.services)
        config = uvicorn.Config(beside(app, studio), log_level="warning", access_log=False)
        server = StudioServer(config, app.state.live, app.state.eyes)
        print(origin, flush=True)
        server.run(sockets=[door])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        _serve(Path(sys.argv[2]))
    else:
        sys.exit(main(*sys.argv[1:]))
