"""What pages hear of changes: one reader of the record for all, nothing missed, nothing told twice."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from starlette.testclient import TestClient

from db.event_kinds import EventKind
from db.ids import new_id
from db.models import Event, Role
from db.repositories import events
from db.repositories.events import Happened
from tasks.accounts.person import Person
from tests.support.rows import a_character
from tests.support.studio import StandInStudio
from ui.acting import acting
from ui.change_feed import ChangeFeed, News, RecentEvents, record_feed, topics_of
from ui.routes.live import FULL, live_router


def happen(studio: StandInStudio, character_id: str) -> str:
    with studio.services.record.writing() as session:
        return events.add(
            session, kind=EventKind.CHARACTER_QUEUED, actor="test", message="", character_id=character_id
        ).id


def somebody(studio: StandInStudio) -> str:
    with studio.services.record.writing() as session:
        return a_character(session).id


def test_what_is_new_is_told_once(studio: StandInStudio) -> None:
    maya = somebody(studio)
    recent = RecentEvents(studio.services.record)
    happen(studio, maya)
    assert recent.look() == []
    newer = happen(studio, maya)
    assert recent.look() == [Happened(newer, maya, None)]
    assert recent.look() == []


def test_an_event_that_is_committed_after_a_later_one_is_told_too(studio: StandInStudio) -> None:
    maya, early = somebody(studio), new_id()
    recent = RecentEvents(studio.services.record)
    recent.look()
    later = happen(studio, maya)
    assert [each.id for each in recent.look()] == [later]
    with studio.services.record.writing() as session:
        session.add(Event(id=early, kind="run.began", actor="x", message="", character_id=maya, data={}))
    assert [each.id for each in recent.look()] == [early]


def test_topics_are_the_list_today_and_each_character_once() -> None:
    happened = [Happened("1", "a", None), Happened("2", "a", None), Happened("3", None, "batch")]
    assert set(topics_of(happened)) == {"list", "today", "character:a"}
    assert topics_of([]) == ()


class Looks:
    """A record whose changes a test brings about."""

    def __init__(self) -> None:
        self.asked = 0
        self.waiting: list[Happened] = []

    def __call__(self) -> list[Happened]:
        self.asked += 1
        told, self.waiting = self.waiting, []
        return told


async def changed(stream: AsyncIterator[News | None]) -> News:
    async for news in stream:
        if news is not None:
            return news
    raise AssertionError("the stream ended")


def test_all_who_watch_share_one_reader_and_each_hears_every_change() -> None:
    async def watch() -> None:
        looks = Looks()
        feed = ChangeFeed(looks, every_seconds=0.01)
        streams = [feed.stream() for _ in range(50)]
        for stream in streams:
            assert (await changed(stream)).topics == ()
        before = looks.asked
        looks.waiting = [Happened("1", "maya", None)]
        told = await asyncio.gather(*map(changed, streams))
        assert all("character:maya" in news.topics and not news.everything for news in told)
        assert looks.asked - before < 10  # not one for each of fifty
        feed.close()
        rests = await asyncio.gather(*(anext(stream, None) for stream in streams))
        assert rests == [None] * 50

    asyncio.run(asyncio.wait_for(watch(), 120))


def test_who_polls_hears_what_it_has_missed_and_a_restart_is_everything() -> None:
    async def poll() -> None:
        looks = Looks()
        feed = ChangeFeed(looks, every_seconds=0.01)
        here = await feed.poll("")
        looks.waiting = [Happened("1", "maya", None)]
        news = await feed.poll(here.at)
        while not news.topics:
            await asyncio.sleep(0.01)
            news = await feed.poll(here.at)
        assert "character:maya" in news.topics
        assert (await feed.poll(news.at)).topics == ()
        assert (await feed.poll("another-process.7")).everything
        assert (await feed.poll("nonsense")).everything
        feed.close()

    asyncio.run(asyncio.wait_for(poll(), 120))


def test_above_the_limit_a_stream_is_refused_in_words_and_polling_still_answers(
    studio: StandInStudio,
) -> None:
    app = FastAPI()
    app.include_router(live_router(ChangeFeed(Looks(), most_streams=0)))
    with TestClient(app) as client:
        refused = client.get("/api/live")
        assert (refused.status_code, refused.json()["sentence"]) == (503, FULL)
        assert client.get("/api/live/changes").status_code == 200


def test_a_page_that_was_open_across_a_restart_looks_at_everything_again(studio: StandInStudio) -> None:
    app = FastAPI()
    app.include_router(live_router(record_feed(studio.services.record)))
    with TestClient(app) as client:
        answer = client.get("/api/live/changes?since=earlier.3")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json()["everything"] is True


def test_who_may_not_see_everybody_hears_that_something_changed_and_not_of_whom() -> None:
    async def hear() -> None:
        looks = Looks()
        app = FastAPI()
        app.include_router(live_router(ChangeFeed(looks, every_seconds=0.01)))
        async with AsyncClient(transport=ASGITransport(app), base_url="http://studio") as client:

            async def heard(since: str) -> dict[str, Any]:
                answer = await client.get("/api/live/changes", params={"since": since})
                return dict(answer.json())

            here = (await heard(""))["at"]
            looks.waiting = [Happened("1", "maya", None)]
            told = await heard(here)
            while "character:maya" not in told["topics"]:
                await asyncio.sleep(0.01)
                told = await heard(here)
            with acting(Person(None, "", Role.REVIEWER)):
                assert set((await heard(here))["topics"]) == {"list", "today"}

    asyncio.run(asyncio.wait_for(hear(), 120))


def test_what_a_stream_tells_a_reviewer_names_nobody() -> None:
    async def watch() -> None:
        looks = Looks()
        feed = ChangeFeed(looks, every_seconds=0.01)
        app = FastAPI()
        app.include_router(live_router(feed))
        sent = asyncio.Queue[bytes]()
        scope = {"type": "http", "method": "GET", "path": "/api/live", "headers": [], "query_string": b""}

        async def receive() -> Any:
            return await asyncio.Event().wait()

        async def send(message: Any) -> None:
            await sent.put(message.get("body", b""))

        with acting(Person(None, "", Role.REVIEWER)):
            serving = asyncio.ensure_future(app(scope, receive, send))
        while b"event: here" not in await sent.get():
            pass
        looks.waiting = [Happened("1", "maya", None)]
        while b"event: changed" not in (told := await sent.get()):
            pass
        assert b"list" in told and b"maya" not in told
        feed.close()
        serving.cancel()

    asyncio.run(asyncio.wait_for(watch(), 120))


def test_a_look_that_fails_ends_no_stream_and_what_was_missed_is_told() -> None:
    async def watch() -> None:
        looks: Iterator[list[Happened] | OSError] = iter([OSError(), []])

        def look() -> list[Happened]:
            each = next(looks, [])
            if isinstance(each, Exception):
                raise each
            return each

        feed = ChangeFeed(look, every_seconds=0.01)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("ui.change_feed.AWAY_SECONDS", 0.01)
            stream = feed.stream()
            assert not (await changed(stream)).everything
            assert (await changed(stream)).everything  # nobody saw what happened until the record was back
            feed.close()

    asyncio.run(asyncio.wait_for(watch(), 120))


def test_nobody_is_told_where_they_stand_before_the_first_look() -> None:
    async def watch() -> None:
        looked = threading.Event()

        def look() -> list[Happened]:
            looked.wait(120)
            return []

        feed = ChangeFeed(look, every_seconds=0.01)
        first, second = feed.stream(), feed.stream()
        waiting = [asyncio.ensure_future(anext(stream)) for stream in (first, second)]
        done, _ = await asyncio.wait(waiting, timeout=0.2)
        assert not done
        looked.set()
        assert all(news is not None for news in await asyncio.gather(*waiting))
        feed.close()

    asyncio.run(asyncio.wait_for(watch(), 120))


def test_the_studio_stops_while_the_first_look_still_hangs() -> None:
    async def watch() -> None:
        began, looked = threading.Event(), threading.Event()

        def look() -> list[Happened]:
            began.set()
            looked.wait(120)
            return []

        feed = ChangeFeed(look, every_seconds=0.01)
        told = asyncio.ensure_future(anext(feed.stream()))
        assert await asyncio.to_thread(began.wait, 120)
        feed.close()
        looked.set()
        await asyncio.wait_for(told, 120)

    asyncio.run(asyncio.wait_for(watch(), 120))
