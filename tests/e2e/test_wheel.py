"""Storykin as a package, away from its checkout: it carries all it needs, and keeps nothing there."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from db.settings import PROJECT
from flows.launch.demo import PHOTO
from tests.tasks.conftest import weights

__all__ = ["weights"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, unpacked as an installer does it."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    leave_out = shutil.ignore_patterns(".*", "__pycache__", "tests", "build", "*.egg-info")
    shutil.copytree(PROJECT, source, ignore=leave_out, symlinks=True)
    command = [sys.executable, "-c", "from setuptools.build_meta import build_wheel; build_wheel('..')"]
    subprocess.run(command, cwd=source, check=True, capture_output=True, timeout=240)
    (wheel,) = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(place / "site")
    shutil.rmtree(source)
    return place / "site"


@pytest.fixture
def environment(site: Path, weights: Path, tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "user"),
        "XDG_DATA_HOME": str(tmp_path / "user" / "data"),
        "PYTHONPATH": str(site),  # before the checkout that this Python knows
        "PYTHONDONTWRITEBYTECODE": "1",
        "STORYKIN_MODELS_DIR": str(weights),
    }


def run(environment: dict[str, str], folder: Path, *arguments: str) -> str:
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_main_job_is_done_in_an_empty_folder(
    environment: dict[str, str], site: Path, tmp_path: Path
) -> None:
    before = sorted(site.rglob("*"))
    arguments = ("-m", "ui.cli", "generate", str(PHOTO), "--name", "A", "--style", "flat", "--json")
    document = json.loads(run(environment, tmp_path / "empty", *arguments))
    assert document["character"]["status"] == "ready"
    home = (tmp_path / "user").resolve()
    assert Path(document["variants"][0]["file"]).resolve().is_relative_to(home)
    assert sorted(site.rglob("*")) == before
    assert list((tmp_path / "empty").iterdir()) == []


def test_it_knows_what_prefect_is_to_run(environment: dict[str, str], tmp_path: Path) -> None:
    code = "from flows.deployments import *; print(*(each.full_name for each in read_deployments()))"
    names = run(environment, tmp_path / "empty", "-c", code).split()
    assert names == [
        "generate-character/storykin",
        "rerun-batch/nightly",
        "batch-chunk/chunk",
        "canary/weekly",
        "housekeeping/regular",
    ]
    code = "import flows; print(flows.__file__)"
    assert str(tmp_path.parent) in run(environment, tmp_path / "empty", "-c", code)  # not the checkout's
