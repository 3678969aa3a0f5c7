"""What a rehearsal prints is all an installation needs, and keeps it apart from the real one."""

from pathlib import Path

import pytest
from dotenv import dotenv_values

from tasks.settings import provider_settings
from tests.support.settings_of_process import forget_settings, settings_of_its_own
from ui.diagnosis import configuration
from ui.rehearsal.serve import announcement
from ui.rehearsal.settings import RehearsalSettings


def test_the_settings_choose_the_clouds_and_a_folder_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = tmp_path / "rehearsal.env"
    env.write_text(announcement(RehearsalSettings(tmp_path / "rehearsal" / "books.jsonl"), 8766))
    given = dotenv_values(env)
    assert given["STORYKIN_HOME"] == str(tmp_path / "rehearsal" / "studio")
    assert (given["DATABASE_URL"], given["STORYKIN_STORE"]) == ("", "disk")
    with settings_of_its_own():
        for name, value in given.items():
            monkeypatch.setenv(name, value or "")
        forget_settings()
        chosen = provider_settings()
        assert (chosen.vision, chosen.image) == ("openai", "replicate")
        told = configuration.settings()
    (remark,) = [each for each in told if each.name == "rehearsal"]
    assert remark.level == "warning"
    assert "stand-in on this machine answers for OPENAI_BASE_URL, REPLICATE_BASE_URL" in remark.sentence


def test_the_settings_may_have_openai_draw(tmp_path: Path) -> None:
    env = tmp_path / "rehearsal.env"
    env.write_text(announcement(RehearsalSettings(tmp_path / "books.jsonl", draws="openai-images"), 8766))
    assert dotenv_values(env)["STORYKIN_IMAGE"] == "openai-images"


def test_it_says_who_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    books = tmp_path / "books.jsonl"
    assert "flat cards, as --quick says" in announcement(RehearsalSettings(books, quick=True), 1)
    monkeypatch.setattr("ui.rehearsal.serve.missing_weights", lambda: ["a net"])
    assert "storykin models fetch" in announcement(RehearsalSettings(books), 1)
    monkeypatch.setattr("ui.rehearsal.serve.missing_weights", lambda: [])
    assert "The local engine looks and draws" in announcement(RehearsalSettings(books), 1)
