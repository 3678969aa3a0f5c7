"""A provider from another installed package, from its entry point alone: nothing of ours knows its name."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from db.errors import BadSettings
from db.ids import new_id
from db.models import CallState
from db.repositories import calls, images, limits, profiles
from flows.character_run import run_character
from flows.run_request import RunRequest, RunResult
from tasks.errors import UsageError
from tasks.ledger.rate_limit import rate_limit_of
from tasks.pipeline import untracked
from tasks.providers import registry
from tasks.providers.http import temp_url
from tasks.providers.http.guarded_fetch import FetchRules
from tasks.providers.http.guarded_fetch import fetch as real_fetch
from tasks.providers.spec import Kind, ProviderSpec
from tasks.providers.specs import all_specs
from tasks.runtime import Runtime
from tasks.settings import provider_settings
from tests.flows.conftest import character_id, runtime
from tests.support.certificates import Certificate, make_certificate
from tests.support.providers import a_picture
from tests.support.runtimes import name_every_provider
from tests.support.settings_of_process import settings_of_its_own
from tests.support.tls_server import TlsServer, reply, tls_server
from ui.handlers.profile import profile_table
from ui.handlers.provider_status import provider_status
from ui.routes.hooks import webhook_receivers
from ui.views.words import provider_label

__all__ = ["character_id", "runtime"]

PACKAGE = """
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from db.rate_limit import RateLimit
from tasks.providers.spec import Kind, ProviderSpec


class AcmeAccount(BaseSettings):
    key: SecretStr = Field(default=SecretStr(""), validation_alias="ACME_KEY", description="Acme's key.")
    place: str = Field(default="", validation_alias="ACME_PLACE", description="Where its pictures are.")


ACME = ProviderSpec(
    id="acme",
    label="Acme Studios",
    factories={
        Kind.VISION: "acme_for_storykin.work:vision",
        Kind.IMAGE: "acme_for_storykin.work:image",
        Kind.STORE: "acme_that_is_not_installed:store",
    },
    install_hint="Install it with: pip install acme-store.",
    delivery_hosts=("pictures.acme.example",),
    rate_limit=RateLimit(per_minute=1, burst=2),
    settings=AcmeAccount,
    needs={Kind.IMAGE: ("ACME_KEY",)},
    webhook="acme_that_is_not_installed:receiver",
)
NO_SPEC = "a string"
"""

WORK = """
from tasks.providers.protocols import ImageOutput, VisionAnswer
from tests.support.providers import a_profile


class Vision:
    name, model, charges, answer_seconds = "acme", "acme-eyes-1", True, 30.0

    def estimate_microusd(self, photo):
        return 2_000

    def describe(self, photo, call_id="", last_check=lambda: None):
        last_check()
        return VisionAnswer(profile=a_profile(), model=self.model, cost_microusd=1_500)


class Image:
    name, model, charges, answer_seconds = "acme", "acme-brush-1", True, 30.0

    def __init__(self, place):
        self.place = place

    def estimate_microusd(self, request):
        return 50_000

    def submit(self, request):
        request.last_check()
        return "acme-" + request.call_id

    def collect(self, provider_id, request):
        return ImageOutput(cost_microusd=45_000, seconds=1.0, url=self.place)


def vision(setup):
    return Vision()


def image(setup):
    return Image(setup.settings.of(__import__("acme_for_storykin").AcmeAccount).place)
"""

ENTRY_POINTS = """\
[storykin.providers]
acme = acme_for_storykin:ACME
broken = acme_that_is_not_installed:SPEC
odd = acme_for_storykin:NO_SPEC
thief = acme_for_storykin_thief:THIEF
"""

METADATA = "Metadata-Version: 2.1\nName: acme-for-storykin\nVersion: 1.0\n"

THIEF = """
from tasks.providers.spec import Kind, ProviderSpec
THIEF = ProviderSpec("replicate", "Thief", {Kind.IMAGE: "acme_for_storykin.work:image"})
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"), ("pictures.acme.example",))


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package as pip would leave it, installed for this test."""
    site = tmp_path / "site"
    files = {
        "acme_for_storykin/__init__.py": PACKAGE,
        "acme_for_storykin/work.py": WORK,
        "acme_for_storykin_thief.py": THIEF,
        "acme_for_storykin-1.0.dist-info/METADATA": METADATA,
        "acme_for_storykin-1.0.dist-info/entry_points.txt": ENTRY_POINTS,
    }
    for name, content in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(dedent(content))
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("STORYKIN_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    all_specs.cache_clear()
    with settings_of_its_own():
        yield
    all_specs.cache_clear()


@pytest.fixture
def host(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Iterator[TlsServer]:
    """What every name leads to: a server of ours. Which names may be asked is left to the real rules."""
    with tls_server(certificate, reply(a_picture())) as server:

        def fetch(url: str, rules: FetchRules) -> bytes:
            here = replace(
                rules,
                ports=(server.port,),
                resolve=lambda _host, _port: ["127.0.0.1"],
                address_allowed=lambda _address: True,
                tls=lambda: ssl.create_default_context(cafile=str(certificate.certificate)),
            )
            return real_fetch(url, here)

        monkeypatch.setattr(temp_url, "fetch", fetch)
        yield server


def drawn_by_acme(monkeypatch: pytest.MonkeyPatch, runtime: Runtime, place: str) -> Runtime:
    for name, value in {"VISION": "acme", "IMAGE": "acme"}.items():
        monkeypatch.setenv(f"STORYKIN_{name}", value)
    monkeypatch.setenv("ACME_KEY", "a-key")
    monkeypatch.setenv("ACME_PLACE", place)
    return replace(runtime, vision=registry.vision_provider(), image=registry.image_provider())


async def draw(runtime: Runtime, character_id: str) -> RunResult:
    name_every_provider(runtime, character_id)  # the package's, too
    return await run_character(RunRequest(character_id, ("flat",), new_id()), untracked, runtime)


async def test_it_does_the_main_job_and_is_shown_by_its_own_name(
    runtime: Runtime, character_id: str, acme: None, host: TlsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    acmes = drawn_by_acme(monkeypatch, runtime, f"https://pictures.acme.example:{host.port}/one.png")
    result = await draw(acmes, character_id)
    assert (list(result.made), result.failures) == (["flat"], {})
    with acmes.record.reading() as session:
        bought = calls.of_character(session, character_id)
        assert {call.provider for call in bought} == {"acme"}
        assert {call.state for call in bought} == {CallState.RECORDED}
        assert calls.spent_microusd(session) == 45_000 + 1_500
        picture = images.of_character(session, character_id)[0]
        assert acmes.store.get(picture.asset.storage_key) == a_picture()
        profile = profiles.latest(session, character_id)
        assert profile is not None and profile_table(profile).source == "described by Acme Studios"
        status = provider_status(session, acmes)
        assert [(each.name, each.charges) for each in status] == [("acme", True)]
    assert provider_label("acme") == "Acme Studios"
    again = await draw(acmes, character_id)
    assert again.made == {} and len(host.asked) == 1


async def test_its_pace_is_its_own(
    runtime: Runtime, character_id: str, acme: None, host: TlsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two at once, then one a minute: the look and a picture go, the next picture would wait."""
    acmes = drawn_by_acme(monkeypatch, runtime, f"https://pictures.acme.example:{host.port}/one.png")
    await draw(acmes, character_id)
    with acmes.record.writing() as session:
        assert limits.acquire_slot(session, "acme", rate_limit_of("acme")).reason == "pace"


@pytest.mark.parametrize(
    "elsewhere", ["elsewhere.example", "replicate.delivery", "pictures.acme.example.evil.example"]
)
async def test_a_picture_on_a_host_that_is_not_its_own_is_not_fetched(
    runtime: Runtime,
    character_id: str,
    acme: None,
    host: TlsServer,
    monkeypatch: pytest.MonkeyPatch,
    elsewhere: str,
) -> None:
    acmes = drawn_by_acme(monkeypatch, runtime, f"https://{elsewhere}:{host.port}/one.png")
    result = await draw(acmes, character_id)
    assert result.failures["flat"].code == "source_refused"
    assert host.asked == []


def test_its_settings_are_checked_like_ours(acme: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYKIN_IMAGE", "acme")
    with pytest.raises(BadSettings, match="STORYKIN_IMAGE=acme also needs ACME_KEY"):
        provider_settings()


def test_what_is_not_installed_says_how_it_is(acme: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYKIN_STORE", "acme")
    with pytest.raises(UsageError, match=r"Acme Studios can't be used: .* pip install acme-store"):
        registry.store()


def test_a_package_that_is_broken_or_takes_a_name_of_ours_is_left_out(acme: None) -> None:
    assert "acme" in all_specs()
    assert not {"broken", "odd", "thief"} & set(all_specs())
    assert provider_label("replicate") == "Replicate"


def test_a_choice_that_nobody_offers_names_those_there_are(
    acme: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORYKIN_VISION", "nobody")
    with pytest.raises(BadSettings, match=r"STORYKIN_VISION: this is none of .*openai.*acme"):
        provider_settings()


@pytest.mark.parametrize(
    "changed",
    [{"id": "human"}, {"id": "Acme"}, {"id": "a" * 33}, {"label": ""}, {"factories": {}}]
    + [{"delivery_hosts": (host,)} for host in ("https://acme.example", "com", "*.acme.example", "")],
)
def test_a_spec_that_can_not_be_one_is_refused_where_it_is_written(changed: dict[str, object]) -> None:
    given: dict[str, object] = {"id": "acme", "label": "Acme", "factories": {Kind.IMAGE: "acme:image"}}
    with pytest.raises(ValueError, match="provider"):
        ProviderSpec(**given | changed)  # type: ignore[arg-type]


def test_a_package_whose_webhooks_are_broken_leaves_the_studio_its_own(
    acme: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORYKIN_IMAGE", "replicate")
    monkeypatch.setenv("REPLICATE_API_TOKEN", "r8_" + "a" * 37)
    monkeypatch.setenv("REPLICATE_WEBHOOK_SECRET", "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert set(webhook_receivers(registry.setup())) == {"replicate"}
