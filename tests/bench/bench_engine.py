"""How fast and how heavy the local engine is: by part, by style, and from "Generate" to the pictures.

Run by `make bench`. Every figure is measured in a process of its own, so that nothing else is counted, and
printed as a share of its limit: 1.00 is just met. Processor seconds can be compared on a busy machine, wall
seconds hold on two quiet cores.
"""

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

PHOTO = Path(__file__).resolve().parents[1] / "photos" / "obama.jpg"
SHEET, DESIGN_AND_STYLE, LIKENESS, PRINT_SIZE = 0.8, 1.0, 0.5, 6.0  # processor seconds
SIDE_BY_SIDE = 1.2  # wall seconds of five styles by two threads, over half their processor seconds
FIRST_PICTURE, ALL_PICTURES = 2.0, 5.0  # wall seconds from "Generate"
PEAK_MEGABYTES = 500.0
_REPEATS = 3


def main() -> int:
    """Print the table."""
    print(f"{'':46}{'wall':>9}{'cpu s':>9}{'limit':>9}{'share':>8}")
    parts = _in_a_process("parts")
    for name, (wall, cpu, limit) in parts["seconds"].items():
        print(f"{name:46}{wall:9.2f}{cpu:9.2f}{limit:9.2f}{cpu / limit:8.2f}")
    together = _in_a_process("side_by_side")
    _line("five styles by two threads, wall over cpu / 2", together["ratio"], SIDE_BY_SIDE)
    run = _in_a_process("generate")
    _line("Generate to the first picture, wall s", run["first"], FIRST_PICTURE)
    _line("Generate to all five, wall s", run["all"], ALL_PICTURES)
    for title, figures in (("parts", parts), ("five styles by two threads", together), ("Generate", run)):
        _line(f"peak MB: {title}", figures["peak_megabytes"], PEAK_MEGABYTES)
    return 0


def _line(name: str, value: float, limit: float) -> None:
    print(f"{name:46}{value:9.2f}{'':9}{limit:9.2f}{value / limit:8.2f}")


def parts() -> dict[str, Any]:
    """What is done after each other; the best of three, after a first time that loads everything."""
    from tasks.design.compose import design_character
    from tasks.design.shapes import Framing
    from tasks.media.placement import PRINT
    from tasks.perception.likeness.measure import measure_likeness
    from tasks.perception.measure_sheet import measure_sheet
    from tasks.styles.drawing import draw, draw_design
    from tasks.styles.packs import drawn_locally

    def whole() -> Any:
        return measure_sheet(_analysis())

    first, sheet = _timed(whole), whole()
    design = design_character(sheet, Framing.PORTRAIT, 0)
    picture = draw(sheet.analysis, drawn_locally()[0], 0, {})
    seconds = {
        "sheet, first (loads the networks)": (*first, SHEET),
        "sheet": (*_best(whole), SHEET),
        "likeness of a picture": (
            *_best(partial(measure_likeness, b"", picture, 0.3, monochrome=False, sheet=sheet)),
            LIKENESS,
        ),
    }
    for framing in Framing:
        seconds[f"design, {framing}"] = (
            *_best(partial(design_character, sheet, framing, 0)),
            DESIGN_AND_STYLE,
        )
    for style in drawn_locally():
        seconds[style] = (*_best(partial(draw_design, design, style, 0, {})), DESIGN_AND_STYLE)
    for style in drawn_locally():
        at_print_size = partial(draw_design, design, style, 0, {}, PRINT)
        seconds[f"{style}, print size"] = (*_timed(at_print_size), PRINT_SIZE)
    return {"seconds": seconds}


def side_by_side() -> dict[str, Any]:
    """Every style of one character by two threads, as the worker does it."""
    from tasks.design.compose import design_character
    from tasks.design.shapes import Framing
    from tasks.perception.measure_sheet import measure_sheet
    from tasks.styles.drawing import draw_design
    from tasks.styles.packs import drawn_locally

    design = design_character(measure_sheet(_analysis()), Framing.PORTRAIT, 0)

    def all_styles() -> None:
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(lambda style: draw_design(design, style, 0, {}), drawn_locally()))

    all_styles()  # loads painters
    wall, cpu = min(_timed(all_styles) for _ in range(_REPEATS))
    return {"ratio": wall / (cpu / 2)}


def generate() -> dict[str, Any]:
    """A run of all styles from its request to its pictures, in a warm process, without Prefect."""
    from db.engine import Record
    from db.ids import new_id
    from db.migrate import upgrade
    from flows.character_run import run_character
    from flows.run_request import RunRequest
    from tasks.create_character import create_character
    from tasks.intake.normalize import normalize_photo
    from tasks.perception import nets
    from tasks.pipeline import record_image, untracked
    from tasks.providers.local.illustrator import LocalIllustrator
    from tasks.providers.local.vision import LocalVision
    from tasks.providers.store.disk import DiskStore
    from tasks.runtime import Runtime
    from tasks.styles.drawing import painter_of
    from tasks.styles.packs import drawn_locally

    saved: list[float] = []

    async def noted(step: Any, /, *given: Any, **named: Any) -> Any:
        done = await untracked(step, *given, **named)
        if step is record_image:
            saved.append(time.perf_counter())
        return done

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'record.db'}"
        upgrade(url)
        store = DiskStore(Path(folder) / "store", base_url="http://127.0.0.1", secret=b"s" * 32)
        runtime = Runtime(Record(url), store, LocalVision(), LocalIllustrator())
        photo = normalize_photo(PHOTO.read_bytes())
        character = create_character(runtime, photo=photo, name="Ada", gender="unspecified", consent=True)
        nets.warm()
        for style in drawn_locally():
            painter_of(style)
        began = time.perf_counter()
        request = RunRequest(character, tuple(drawn_locally()), new_id(), False)
        result = asyncio.run(run_character(request, noted, runtime))
        runtime.record.close()
    assert not result.failures, result.failures
    return {"first": saved[0] - began, "all": saved[-1] - began}


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
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _child(part: str) -> None:
    figures = {"parts": parts, "side_by_side": side_by_side, "generate": generate}[part]()
    figures["peak_megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(figures))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _child(sys.argv[1])
    else:
        sys.exit(main())
