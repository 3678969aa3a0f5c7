"""Races: the same thing done by several threads or processes at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from typing import TypeVar

Result = TypeVar("Result")

START = 300  # seconds that racers wait for each other: each new process imports first


def race_threads(racers: int, run: Callable[[], Result]) -> list[Result]:
    """What `run` returned in each of so many threads that started together; the first error is raised."""
    line = threading.Barrier(racers)

    def go() -> Result:
        line.wait(START)
        return run()

    with ThreadPoolExecutor(racers) as pool:
        return [racer.result() for racer in [pool.submit(go) for _ in range(racers)]]


def race_processes(racers: int, run: Callable[[str], str], url: str) -> list[str]:
    """What `run(url)` returned in each of so many new processes that started together.

    `run` stands at the top of a module. An exception is returned as "Name: text".
    """
    context = get_context("spawn")
    line = context.Barrier(racers)
    results: Queue[str] = context.Queue()
    children = [context.Process(target=_racer, args=(line, results, run, url)) for _ in range(racers)]
    for child in children:
        child.start()
    try:
        return [results.get(timeout=START) for _ in children]
    finally:
        for child in children:
            child.join(START)
            child.kill()


def _racer(line: Barrier, results: "Queue[str]", run: Callable[[str], str], url: str) -> None:
    line.wait(START)
    try:
        results.put(run(url))
    except Exception as error:
        results.put(f"{type(error).__name__}: {error}")
