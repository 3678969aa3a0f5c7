"""How fast and how heavy the local engine is: seconds per profile and style, and the process's peak memory.

Run by `make bench`. Every figure is measured in a process of its own, so that nothing else is counted, and
printed as a share of its target: 1.00 is just met. Wall seconds hold on two quiet cores; processor seconds
can be compared on a busy machine.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

PHOTO = Path(__file__).resolve().parents[1] / "photos" / "obama.jpg"
STYLE_SECONDS, PROFILE_SECONDS, PEAK_MEGABYTES = 2.0, 1.0, 600.0
_REPEATS = 3


def main() -> int:
    """Print the table."""
    print(f"{'':34}{'wall s':>9}{'cpu s':>9}{'target':>9}{'share':>8}")
    one_by_one = _in_a_process("one_by_one")
    for name, (wall, cpu) in one_by_one["seconds"].items():
        target = PROFILE_SECONDS if name.startswith("profile") else STYLE_SECONDS
        print(f"{name:34}{wall:9.2f}{cpu:9.2f}{target:9.2f}{wall / target:8.2f}")
    print(f"\n{'':34}{'MB':>18}{'target':>9}{'share':>8}")
    for title, figures in (
        ("five styles, one by one", one_by_one),
        ("five styles, two at once", _in_a_process("two_at_once")),
    ):
        peak = figures["peak_megabytes"]
        print(f"{title:34}{peak:18.0f}{PEAK_MEGABYTES:9.0f}{peak / PEAK_MEGABYTES:8.2f}")
    return 0


def one_by_one() -> dict[str, Any]:
    """Profile and styles after each other; the best of three, after a first one that loads everything."""
    from tasks.styles.drawing import draw
    from tasks.styles.packs import drawn_locally

    first = _timed(_analysis)
    analysis = _analysis()
    seconds = {"profile, first (loads the networks)": first, "profile": _best(_analysis)}
    for style in drawn_locally():
        seconds[style] = _best(partial(draw, analysis, style, 0, {}))
    return {"seconds": seconds}


def two_at_once() -> dict[str, Any]:
    """Every style of one character by two threads, as the worker does it."""
    from tasks.styles.drawing import draw
    from tasks.styles.packs import drawn_locally

    analysis = _analysis()
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda style: draw(analysis, style, 0, {}), drawn_locally()))
    return {}


def _analysis() -> Any:
    import cv2

    from tasks.perception.analyze import analyze

    image = cv2.imread(str(PHOTO), cv2.IMREAD_COLOR)
    return analyze(image)  # type: ignore[arg-type]


def _timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Wall and processor seconds of one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def _best(work: Callable[[], Any]) -> tuple[float, float]:
    times = [_timed(work) for _ in range(_REPEATS)]
    return min(wall for wall, _ in times), min(cpu for _, cpu in times)


def _in_a_process(part: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.bench_engine", part]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def _child(part: str) -> None:
    figures = {"one_by_one": one_by_one, "two_at_once": two_at_once}[part]()
    figures["peak_megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(figures))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _child(sys.argv[1])
    else:
        sys.exit(main())
