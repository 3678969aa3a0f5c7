"""Storykin as a service: a unit that systemd accepts, installed and removed by one command."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from db.settings import PROJECT
from flows.launch.systemd import Unit


def a_unit(tmp_path: Path, *, system: bool = True, account: str = "daemon") -> Unit:
    return Unit(home=tmp_path / "data of 100% us", folder=PROJECT, system=system, account=account)


@pytest.mark.parametrize(("system", "account"), [(True, "root"), (True, "daemon"), (False, "whoever")])
def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path, system: bool, account: str) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd-analyze here to ask")
    unit = a_unit(tmp_path, system=system, account=account)
    unit.home.mkdir()
    file = tmp_path / "storykin.service"
    file.write_text(unit.text())

    looked = subprocess.run(
        [analyze, *([] if system else ["--user"]), "verify", str(file)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)},
    )

    ours = [line for line in looked.stderr.splitlines() if "storykin" in line]
    assert ours == []


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands in for systemctl: notes what it was asked. The file of its notes."""
    programs, asked = tmp_path / "bin", tmp_path / "asked"
    programs.mkdir()
    script = programs / "systemctl"
    script.write_text(f'#!/bin/sh\necho "$@" >> "{asked}"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    return asked


def command(tmp_path: Path, *what: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {
        "STORYKIN_HOME": str(tmp_path / "home"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    return subprocess.run(
        [sys.executable, "-m", "ui.cli", "service", *what, "--user"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_installed_started_stopped_and_removed(tmp_path: Path, systemctl: Path) -> None:
    unit = tmp_path / "config" / "systemd" / "user" / "storykin.service"

    done = command(tmp_path, "install")

    assert done.returncode == 0, done.stderr
    assert f'"STORYKIN_HOME={tmp_path}/home"' in unit.read_text()
    assert unit.read_text() == command(tmp_path, "print").stdout
    asked = systemctl.read_text().splitlines()
    assert asked[1:] == ["--user daemon-reload", "--user enable --now storykin.service"]

    done = command(tmp_path, "uninstall")

    assert done.returncode == 0, done.stderr
    assert not unit.exists()
    assert systemctl.read_text().splitlines()[3:] == [
        "--user disable --now storykin.service",
        "--user daemon-reload",
    ]
    assert command(tmp_path, "uninstall").returncode == 1


def test_a_manager_that_refuses_is_quoted_and_nothing_is_written(tmp_path: Path, systemctl: Path) -> None:
    (tmp_path / "bin" / "systemctl").write_text("#!/bin/sh\necho 'Failed to connect to bus' >&2; exit 1\n")

    done = command(tmp_path, "install")

    assert done.returncode == 1
    assert done.stderr.strip() == (
        "storykin: service_manager: systemctl --version failed: Failed to connect to bus"
    )
    assert not (tmp_path / "config").exists()


def test_what_it_may_write_is_the_data_folder_and_its_files_are_its_own(tmp_path: Path) -> None:
    lines = a_unit(tmp_path).text().splitlines()

    assert "UMask=0077" in lines
    assert "Restart=on-failure" in lines
    assert [line for line in lines if line.startswith("ReadWritePaths")] == [
        f'ReadWritePaths="{tmp_path}/data of 100%% us"'
    ]
    assert "User=daemon" in lines
    assert "CapabilityBoundingSet=" in lines
