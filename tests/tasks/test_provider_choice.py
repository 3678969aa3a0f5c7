"""The settings choose the providers, and a missing key is said by its name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.errors import UsageError
from tasks.providers import registry
from tasks.settings import provider_settings

CACHED = (provider_settings, registry.store, registry.vision_provider, registry.image_provider)


@pytest.fixture(autouse=True)
def fresh_settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(home)  # no .env of the developer's
    for name in ("STORYKIN_VISION", "STORYKIN_IMAGE", "REPLICATE_API_TOKEN", "REPLICATE_WEBHOOK_SECRET"):
        monkeypatch.delenv(name, raising=False)
    for each in CACHED:
        each.cache_clear()
    yield
    for each in CACHED:
        each.cache_clear()


@pytest.mark.parametrize(
    ("choice", "provider", "key"),
    [
        ("STORYKIN_VISION", "openai", "OPENAI_API_KEY"),
        ("STORYKIN_IMAGE", "replicate", "REPLICATE_API_TOKEN"),
    ],
)
def test_a_missing_key_is_said_by_its_name(
    monkeypatch: pytest.MonkeyPatch, choice: str, provider: str, key: str
) -> None:
    monkeypatch.setenv(choice, provider)
    with pytest.raises(UsageError, match=key) as caught:
        provider_settings()
    assert caught.value.code == "bad_settings"


def test_a_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-thekeyofthetest")
    assert "sk-thekey" not in repr(provider_settings())


def test_openai_looks_when_it_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYKIN_VISION", "openai")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-thekeyofthetest")
    vision = registry.vision_provider()
    assert (vision.name, vision.model, vision.charges) == ("openai", "gpt-5.6-luna", True)


def test_replicate_draws_when_it_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYKIN_IMAGE", "replicate")
    monkeypatch.setenv("REPLICATE_API_TOKEN", "r8_thetokenofthetest")
    monkeypatch.setenv("STORYKIN_IMAGE_MODEL", "bytedance/seedream-4")
    image = registry.image_provider()
    assert (image.name, image.model, image.charges) == ("replicate", "bytedance/seedream-4", True)


def test_an_unknown_model_is_answered_with_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYKIN_IMAGE", "replicate")
    monkeypatch.setenv("REPLICATE_API_TOKEN", "r8_thetokenofthetest")
    monkeypatch.setenv("STORYKIN_IMAGE_MODEL", "somebody/something")
    with pytest.raises(UsageError, match="flux-kontext-pro"):
        registry.image_provider()
