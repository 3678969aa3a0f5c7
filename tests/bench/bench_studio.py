"""How quickly the studio answers very many who watch, and what it keeps in memory.

Run by `make bench`, or alone: `python -m tests.bench.bench_studio [clicks|watchers|covers|memory]`. The
studio runs in a process of its own, its engine a stand-in. Beside every wall time stands the same from a
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
from functools import partial
from pathlib import Path

import httpx

from tests.bench.table import row, title

CHARACTERS = 30
CLICKS = 40
TOGETHER = (60, 100, 300)
RUNS, RUNS_A_LINE = 50, 10
PAGES = ("today", "", "review", "new", "character", "costs", "batches", "health", "help")

Ask = Callable[[httpx.AsyncClient], Awaitable[object]]


def main(only: str = "") -> int:
    """Print the figures."""
    parts = {"clicks": clicks, "watchers": watchers, "covers": covers, "memory": memory}
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
