"""The settings choose the providers, and a missing key is said by its name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.errors import BadSettings
from tasks.errors import UsageError
from tasks.providers import registry
from tasks.providers.replicate.settings import ReplicateAccount
from tasks.providers.request_history import RequestHistory
from tasks.providers.spec import Kind
from tasks.providers.specs import specs_for
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
        ("STORYKIN_IMAGE", "openai-images", "OPENAI_API_KEY"),
        ("STORYKIN_IMAGE", "in-house", "STORYKIN_INHOUSE_URL"),
    ],
)
def test_a_missing_key_is_said_by_its_name(
    monkeypatch: pytest.MonkeyPatch, choice: str, provider: str, key: str
) -> None:
    monkeypatch.setenv(choice, provider)
    with pytest.raises(BadSettings, match=key) as caught:
        provider_settings()
    assert caught.value.code == "bad_settings"


def test_a_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-thekeyofthetest")
    assert "sk-thekey" not in repr(provider_settings())


@pytest.mark.parametrize("name", ["OPENAI_BASE_URL", "REPLICATE_BASE_URL", "STORYKIN_INHOUSE_URL"])
@pytest.mark.parametrize(
    "address", ["127.0.0.1:8000", "http://[::1", "http://a b", "https://", "ftp://x", "http://x:99999"]
)
def test_an_address_that_is_none_is_said_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch, name: str, address: str
) -> None:
    monkeypatch.setenv(name, address)
    with pytest.raises(BadSettings, match=f"{name}: .*web address"):
        provider_settings()


@pytest.mark.parametrize("key", ["sk-ключ", "sk-a\nb"])
def test_a_key_that_could_not_be_sent_is_said_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(BadSettings, match="OPENAI_API_KEY") as caught:
        provider_settings()
    assert key not in caught.value.sentence


def test_the_line_end_of_a_key_from_a_file_is_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLICATE_API_TOKEN", "r8_thetokenofthetest\n")
    assert provider_settings().of(ReplicateAccount).api_token.get_secret_value() == "r8_thetokenofthetest"


@pytest.mark.parametrize("name", ["OPENAI_BASE_URL", "STORYKIN_DAILY_BUDGET_USD", "STORYKIN_STORE"])
def test_an_empty_setting_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    before = provider_settings()
    monkeypatch.setenv(name, "")
    provider_settings.cache_clear()
    assert provider_settings() == before


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


def test_openai_draws_under_a_name_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYKIN_IMAGE", "openai-images")
    monkeypatch.setenv("STORYKIN_VISION", "openai")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-ofthetest")
    monkeypatch.setenv("STORYKIN_OPENAI_IMAGE_MODEL", "gpt-image-2.6-sunburst")
    draws, looks = registry.image_provider(), registry.vision_provider()
    assert (draws.name, draws.model, draws.charges) == ("openai-images", "gpt-image-2.6-sunburst", True)
    assert looks.name == "openai"
    assert [model.called for model in registry.chosen_models()] == ["gpt-5.6-luna", "gpt-image-2.6-sunburst"]


def test_a_server_in_the_house_needs_no_key_and_charges_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYKIN_IMAGE", "in-house")
    monkeypatch.setenv("STORYKIN_INHOUSE_URL", "http://127.0.0.1:1234/v1")
    draws = registry.image_provider()
    assert (draws.name, draws.model, draws.charges) == ("in-house", "in-house", False)


def test_several_names_choose_who_draws_while_the_first_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYKIN_IMAGE", "replicate, local")
    monkeypatch.setenv("REPLICATE_API_TOKEN", "r8_thetokenofthetest")
    assert registry.image_provider().name == "replicate"
    assert [each.name for each in registry.fallback_providers()] == ["local"]


@pytest.mark.parametrize(
    ("vision", "images", "charges"),
    [
        ("local", "local", False),
        ("local", "in-house,local", False),
        ("local", "local,replicate", True),
        ("openai", "local", True),
    ],
)
def test_whether_something_charges_is_for_the_providers_to_say(
    monkeypatch: pytest.MonkeyPatch, vision: str, images: str, charges: bool
) -> None:
    monkeypatch.setenv("STORYKIN_VISION", vision)
    monkeypatch.setenv("STORYKIN_IMAGE", images)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-thekeyofthetest")
    monkeypatch.setenv("REPLICATE_API_TOKEN", "r8_thetokenofthetest")
    monkeypatch.setenv("STORYKIN_INHOUSE_URL", "http://127.0.0.1:1234/v1")
    assert provider_settings().charges is charges


@pytest.mark.parametrize(
    ("images", "problem"),
    [
        ("local,", "this is none of"),
        ("local,nobody", "this is none of"),
        ("local,local", "names a provider twice"),
        ("local,replicate", "STORYKIN_IMAGE=replicate also needs REPLICATE_API_TOKEN"),
    ],
)
def test_every_name_of_the_list_must_be_usable(
    monkeypatch: pytest.MonkeyPatch, images: str, problem: str
) -> None:
    monkeypatch.setenv("STORYKIN_IMAGE", images)
    with pytest.raises(BadSettings, match=problem):
        provider_settings()


@pytest.mark.parametrize("kind", [Kind.VISION, Kind.IMAGE])
def test_every_provider_is_what_its_spec_says(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "OPENAI_API_KEY": "sk-thekeyofthetest",
        "REPLICATE_API_TOKEN": "r8_thetokenofthetest",
        "STORYKIN_INHOUSE_URL": "http://127.0.0.1:9/v1",
    }.items():
        monkeypatch.setenv(name, value)
    for spec in specs_for(kind).values():
        vision = kind is Kind.VISION
        provider = registry.make_vision(spec.id) if vision else registry.make_image(spec.id)
        assert (provider.name, provider.charges) == (spec.id, spec.charges)
        if not vision:
            assert isinstance(provider, RequestHistory) is spec.capabilities.request_history
