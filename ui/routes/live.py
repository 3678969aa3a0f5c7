"""What has changed, told to browsers: one stream of events for each, or an answer every few seconds."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response, StreamingResponse

from ui.acting import may
from ui.change_feed import ChangeFeed, News
from ui.permissions import Permission
from ui.routes.problem import problem

FULL = "Very many people watch this studio just now. This page asks every few seconds for what is new."
RETRY_MS = 2000
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would keep the events until its buffer is full
}


def live_router(feed: ChangeFeed) -> APIRouter:
    """`GET /api/live` (text/event-stream) and `GET /api/live/changes?since=` (JSON), both by topic."""
    routes = APIRouter()

    @routes.get("/api/live", include_in_schema=False)
    async def live() -> Response:
        """Events `here` (where one stands) and `changed`, each with `{"at", "topics", "everything"}`."""
        if feed.is_full:
            return problem(503, "too_many_watchers", FULL, retry_after=60)
        told = _telling()
        return StreamingResponse(_lines(feed, told), media_type="text/event-stream", headers=_HEADERS)

    @routes.get("/api/live/changes", include_in_schema=False)
    async def changes(since: str = "") -> Response:
        told = _telling()
        return JSONResponse(
            _document(told(await feed.poll(since[:80]))), headers={"Cache-Control": "no-store"}
        )

    return routes


def _whole(news: News) -> News:
    return news


def _telling() -> Callable[[News], News]:
    """What who asks is told of the news."""
    return _whole if may(Permission.READ) else _without_people


def _without_people(news: News) -> News:
    """For who may not see everybody: that something has changed, and not of whom."""
    return replace(news, topics=tuple(each for each in news.topics if not each.startswith("character:")))


async def _lines(feed: ChangeFeed, told: Callable[[News], News]) -> AsyncIterator[str]:
    yield f"retry: {RETRY_MS}\n\n"
    name = "here"
    async for news in feed.stream():
        if news is None:
            yield ": still here\n\n"
            continue
        yield f"event: {name}\ndata: {json.dumps(_document(told(news)))}\n\n"
        name = "changed"


def _document(news: News) -> dict[str, object]:
    return {"at": news.at, "topics": list(news.topics), "everything": news.everything}
