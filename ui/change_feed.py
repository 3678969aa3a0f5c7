"""What has changed in the record, told to every open page by one reader.

A topic names what to look at again: "list", "today", "character:<id>". The reader asks the record twice a
second while somebody watches, for all of them at once, and not at all while nobody does.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool

from db.engine import Record
from db.errors import UserFacingError
from db.ids import new_id
from db.log import Log
from db.repositories import events
from db.repositories.events import Happened

MOST_STREAMS = 400  # each holds a connection; who comes later asks every few seconds instead
EVERY_SECONDS = 0.5
HEARTBEAT_SECONDS = 15.0  # proxies cut what is silent for a minute, often for half of one
LATE_SECONDS = 10.0  # an event may be committed after one with a later id: so long is looked back
AWAY_SECONDS = 3.0  # until the next try when the record does not answer
POLLED_SECONDS = 15.0  # the reader goes on for so long after a page asked without a stream
ROWS = 1000
REMEMBERED = 512  # changes; who has missed more looks at everything again

log = Log("live")


@dataclass(frozen=True)
class News:
    """Topics that changed up to the number `at`; `everything` where it is not known which."""

    at: str
    topics: tuple[str, ...] = ()
    everything: bool = False


@dataclass
class RecentEvents:
    """The events that were not there at the last look, whatever order they were committed in."""

    record: Record
    clock: Callable[[], float] = time.monotonic
    _floor: str | None = None
    _seen: set[str] = field(default_factory=set)
    _marks: deque[tuple[float, str]] = field(default_factory=deque)

    def forget(self) -> None:
        """Begin anew: what happens from the next look on is new."""
        self._floor, self._seen = None, set()
        self._marks.clear()

    def look(self) -> list[Happened]:
        """What has come since the last look; nothing at the first."""
        with self.record.reading() as session:
            if self._floor is None:
                rows = events.newest(session, ROWS)
                self._floor = rows[0].id if len(rows) == ROWS else ""
                self._seen = {row.id for row in rows}
                return []
            rows = events.after(session, self._floor, ROWS)
        fresh = [row for row in rows if row.id not in self._seen]
        self._seen.update(row.id for row in fresh)
        self._raise_floor(rows)
        return fresh

    def _raise_floor(self, rows: list[Happened]) -> None:
        now = self.clock()
        if rows and (not self._marks or self._marks[-1][1] < rows[-1].id):
            self._marks.append((now, rows[-1].id))
        old = len(rows) == ROWS  # more than one look holds: what it held is done with
        while self._marks and (old or self._marks[0][0] < now - LATE_SECONDS):
            self._floor = self._marks.popleft()[1]
        if self._floor:
            self._seen = {each for each in self._seen if each > self._floor}


def topics_of(happened: Iterable[Happened]) -> tuple[str, ...]:
    """The topics that these events touch, each once."""
    found = dict.fromkeys(["today"])
    for each in happened:
        found["list"] = None
        if each.character_id:
            found[f"character:{each.character_id}"] = None
    return tuple(found) if len(found) > 1 else ()


class ChangeFeed:
    """The one reader of this process, and everyone who listens to it. Lives in one event loop."""

    def __init__(
        self,
        look: Callable[[], list[Happened]],
        forget: Callable[[], None] = lambda: None,
        *,
        every_seconds: float = EVERY_SECONDS,
        most_streams: int = MOST_STREAMS,
    ) -> None:
        self._look, self._forget = look, forget
        self._every, self._most = every_seconds, most_streams
        self._epoch = new_id()
        self._number = 0
        self._past: deque[tuple[int, tuple[str, ...]]] = deque(maxlen=REMEMBERED)
        self._stirred = asyncio.Event()
        self._streams = 0
        self._asked_at = 0.0
        self._reader: asyncio.Task[None] | None = None
        self._started = asyncio.Event()
        self._closed = False

    @property
    def is_full(self) -> bool:
        """Whether there are as many streams as may be."""
        return self._streams >= self._most

    async def stream(self) -> AsyncIterator[News | None]:
        """First where one stands, then each change as it comes; None is a sign of life. Ends with `close`."""
        with self._counted():
            await self._begin()
            known = self._number
            yield News(self._name(known))
            while not self._closed:
                stirred = self._stirred
                if known == self._number:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(stirred.wait(), HEARTBEAT_SECONDS)
                    if known == self._number:
                        if not self._closed:
                            yield None
                        continue
                known, news = self._number, self._since(known)
                yield news

    async def poll(self, at: str) -> News:
        """What changed since `at`, the `at` of an earlier answer; "" only asks where one stands."""
        self._asked_at = time.monotonic()
        await self._begin()
        epoch, _, number = at.rpartition(".")
        if not at:
            return News(self._name(self._number))
        if epoch != self._epoch or not (number.isascii() and number.isdigit()):
            return News(self._name(self._number), everything=True)
        return self._since(int(number))

    def close(self) -> None:
        """End every stream: the studio stops."""
        self._closed = True
        self._stir()
        if self._reader is not None:
            self._reader.cancel()

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        self._streams += 1
        try:
            yield
        finally:
            self._streams -= 1

    async def _begin(self) -> None:
        if self._closed:
            return
        if self._reader is None or self._reader.done():
            # What happened while nobody watched is on the pages already that are opened now; a page that
            # polled before is told that it has missed something by the new epoch.
            self._epoch = new_id()
            self._forget()
            self._started = asyncio.Event()
            self._reader = asyncio.create_task(self._read(self._started))
        await self._started.wait()  # nobody is told where they stand before that is known

    async def _read(self, started: asyncio.Event) -> None:
        blind = False  # the first look failed: what happens until one succeeds is seen by none
        try:
            while self._streams or time.monotonic() - self._asked_at < POLLED_SECONDS:
                topics = await self._looked()
                if topics is None:
                    blind = blind or not started.is_set()
                elif blind:
                    blind = False
                    self._miss()
                elif topics:
                    self._number += 1
                    self._past.append((self._number, topics))
                    self._stir()
                started.set()
                await asyncio.sleep(AWAY_SECONDS if topics is None else self._every)
        finally:
            started.set()

    async def _looked(self) -> tuple[str, ...] | None:
        """The topics that changed; None where the record could not be asked."""
        try:
            return topics_of(await run_in_threadpool(self._look))
        except UserFacingError as error:
            log.warning("the record can't be asked for changes", code=error.code)
        except Exception as error:
            log.error("the record can't be asked for changes", error=error)
        return None

    def _miss(self) -> None:
        """More has happened than is remembered: everyone looks at everything again."""
        self._past.clear()
        self._number += 1
        self._stir()

    def _stir(self) -> None:
        self._stirred.set()
        self._stirred = asyncio.Event()

    def _name(self, number: int) -> str:
        return f"{self._epoch}.{number}"

    def _since(self, number: int) -> News:
        at = self._name(self._number)
        oldest = self._past[0][0] if self._past else self._number + 1
        if number + 1 < oldest and number < self._number:
            return News(at, everything=True)
        found = dict.fromkeys(topic for each, topics in self._past if each > number for topic in topics)
        return News(at, tuple(found))


def record_feed(record: Record) -> ChangeFeed:
    """The feed of what happens in `record`."""
    recent = RecentEvents(record)
    return ChangeFeed(recent.look, recent.forget)
