"""The installation's secret: made once, whole, for its owner alone; and it moves with the data folder."""

import os
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flows.installation_secret import FILE, SecretUnusable, installation_secret, kept_secret


def test_it_is_made_once_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        secret = installation_secret(tmp_path)
    finally:
        os.umask(before)

    assert len(secret) > 40 and secret == installation_secret(tmp_path)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [FILE]


def test_many_at_once_agree_on_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = set(pool.map(installation_secret, [tmp_path] * 64))

    assert len(made) == 1


def test_two_installations_have_two_and_a_moved_one_keeps_its_own(tmp_path: Path) -> None:
    here, elsewhere, moved = (tmp_path / name for name in ("here", "elsewhere", "moved"))
    secret = installation_secret(here)
    assert secret != installation_secret(elsewhere)

    shutil.copytree(here, moved)
    (moved / FILE).chmod(0o644)  # a copy may widen it

    assert installation_secret(moved) == secret
    assert stat.S_IMODE((moved / FILE).stat().st_mode) == 0o600


def test_an_empty_file_is_a_copy_that_broke_off(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()

    assert kept_secret(tmp_path) is None
    assert installation_secret(tmp_path)


def test_something_else_in_its_place_is_told_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("my shopping list")

    with pytest.raises(SecretUnusable, match=FILE):
        installation_secret(tmp_path)

    assert (tmp_path / FILE).read_text() == "my shopping list"


def test_a_link_to_elsewhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("storykin:" + "x" * 43)
    (tmp_path / FILE).symlink_to(tmp_path / "real")

    with pytest.raises(SecretUnusable):
        installation_secret(tmp_path)
