"""A character of `bench_batch` as a Celery task: in the peers' environment alone."""

import os
import time

from celery import Celery  # type: ignore[import-not-found]

ADDRESS = os.environ["STORYKIN_BENCH_REDIS"]
app = Celery("peer", broker=ADDRESS, backend=ADDRESS)
# What a batch does as well: a task is taken from the queue when it is done, not when it begins.
app.conf.update(task_acks_late=True, worker_prefetch_multiplier=1, task_track_started=True)


@app.task(name="character")  # type: ignore[untyped-decorator]
def character(calls: int, seconds: float, steps: int) -> int:
    """So many steps, of which the first ones wait for a provider; each is reported, as a batch does."""
    for step in range(steps):
        if step < calls:
            time.sleep(seconds)
        character.update_state(state="PROGRESS", meta={"step": step})
    return steps


if __name__ == "__main__":
    from sys import argv

    from celery import group

    count, calls, seconds, steps = int(argv[1]), int(argv[2]), float(argv[3]), int(argv[4])
    began = time.perf_counter()
    done = group(character.s(calls, seconds, steps) for _ in range(count))().get(interval=0.02)
    assert done == [steps] * count
    print(time.perf_counter() - began)
