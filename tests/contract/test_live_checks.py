"""`storykin doctor --live`, rehearsed: what it asks, what it buys, what it says and what it keeps."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from db.engine import Record, record
from db.models import CallState, ProviderCall
from db.repositories import calls
from tasks.errors import NotReady, OverBudget
from tasks.providers.http.recording import Recorder
from tasks.providers.live_checks import Hook, HookVerdict, try_hook
from tasks.providers.protocols import Photo
from tasks.providers.replicate.webhooks import ReplicateWebhooks
from tasks.providers.store.disk import DiskStore
from tasks.providers.store.probe import cors_allows, probe_links
from tasks.providers.store.r2 import R2Store
from tasks.runtime import Runtime
from tasks.settings import ProviderSettings
from tasks.trial_call import try_picture
from tests.contract.replicate_answers import photo
from tests.support.certificates import Certificate
from tests.support.providers import BookkeepingImage, BookkeepingVision
from tests.support.records import fresh_record
from tests.support.rehearsal import API_KEY, API_TOKEN, Rehearsal, running_rehearsal, session_rehearsal
from tests.support.s3_server import ACCESS_KEY, SECRET_KEY, S3Server
from tests.support.settings_of_process import forget_settings, settings_of_its_own
from tests.support.web_server import free_socket, serving, url_of
from tests.tasks.conftest import weights
from ui.cli.doctor import doctor
from ui.diagnosis.live_store import store as look_at_bucket
from ui.diagnosis.live_trial import LiveTrial
from ui.rehearsal.usage_log import Entry
from ui.routes.hooks import hooks_router

__all__ = ["running_rehearsal", "session_rehearsal", "weights"]

OTHER_SECRET = "whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldA=="
LEVELS = ("ok", "warning", "problem")


@dataclass
class Rehearsed:
    """An installation whose providers are the rehearsal cloud."""

    cloud: Rehearsal
    home: Path
    capsys: pytest.CaptureFixture[str]
    set: Callable[..., None]
    before: frozenset[str]  # what other tests have on the cloud's books

    def live(self, spend_usd: float = 0.10) -> dict[str, tuple[str, str]]:
        """What the doctor says: name -> level and sentence; of several the gravest."""
        doctor(as_json=True, live=True, spend_usd=spend_usd)
        lines = json.loads(self.capsys.readouterr().out)
        lines.sort(key=lambda each: LEVELS.index(each["level"]))
        return {each["name"]: (each["level"], each["sentence"]) for each in lines}

    @property
    def bought(self) -> Counter[str]:
        """What the cloud took on, by operation."""
        return Counter(entry.operation for entry in self.entries())

    def entries(self) -> list[Entry]:
        """What the cloud's books say of this test."""
        books = self.cloud.usage.entries
        return [entry for id, entry in books.items() if id not in self.before]

    def calls(self) -> list[ProviderCall]:
        """Every call on our books, oldest first."""
        with record().reading() as session:
            return sorted(session.query(ProviderCall).all(), key=lambda call: call.id)


@pytest.fixture
def rehearsed(
    running_rehearsal: Rehearsal,
    weights: Path,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Rehearsed]:
    monkeypatch.chdir(home)  # no .env of the developer's
    for name in [each for each in os.environ if each.startswith(("STORYKIN_", "R2_", "OPENAI", "REPLICATE"))]:
        if name not in ("STORYKIN_HOME", "STORYKIN_MODELS_DIR"):
            monkeypatch.delenv(name)

    def set_them(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        forget_settings()

    with settings_of_its_own():
        set_them(
            STORYKIN_VISION="openai",
            STORYKIN_IMAGE="replicate",
            OPENAI_API_KEY=API_KEY,
            OPENAI_BASE_URL=running_rehearsal.openai_url,
            REPLICATE_API_TOKEN=API_TOKEN,
            REPLICATE_BASE_URL=running_rehearsal.url,
            STORYKIN_PREFECT_PORT="9",
            STORYKIN_PUBLIC_ORIGIN="http://127.0.0.1:9",
        )
        fresh_record(home / "storykin.db")
        before = frozenset(running_rehearsal.usage.entries)
        yield Rehearsed(running_rehearsal, home, capsys, set_them, before)


def test_it_buys_one_picture_and_one_look_and_puts_them_on_the_books(rehearsed: Rehearsed) -> None:
    said = rehearsed.live()
    assert {name: level for name, (level, _) in said.items() if name.startswith("live")} == {
        "live providers": "ok",
        "live model": "ok",
        "live webhooks": "ok",
        "live picture": "ok",
        "live output": "ok",
        "live list": "ok",
        "live look": "ok",
        "live spending": "ok",
    }
    assert rehearsed.bought == {"create": 1, "responses": 1}
    on_record = rehearsed.calls()
    assert [call.state for call in on_record] == [CallState.RECORDED, CallState.RECORDED]
    billed = sum(entry.charge_microusd for entry in rehearsed.entries())
    assert sum(call.actual_microusd or 0 for call in on_record) == billed


def test_what_it_keeps_holds_no_key_no_photo_and_no_link(rehearsed: Rehearsed) -> None:
    rehearsed.set(REPLICATE_WEBHOOK_SECRET=OTHER_SECRET)
    rehearsed.live()
    files = sorted((rehearsed.home / "recordings").glob("*/*.json"))
    kept = [json.loads(file.read_text()) for file in files]
    asked = [(each["request"]["method"], each["request"]["url"].rpartition("/v1/")[2]) for each in kept]
    assert ("GET", "models/google/nano-banana-2.1") in asked
    assert ("POST", "models/google/nano-banana-2.1/predictions") in asked
    assert ("POST", "responses") in asked
    text = "".join(file.read_text() for file in files)
    for secret in (API_KEY, API_TOKEN, OTHER_SECRET, "Bearer", "/delivery/", "/hooks/", ";base64,"):
        assert secret not in text
    create = next(each for each in kept if each["request"]["url"].endswith("/predictions"))
    assert create["request"]["headers"]["cancel-after"] == "300s"
    assert max(len(file.read_text()) for file in files) < 60_000
    assert {file.stat().st_mode & 0o077 for file in files} == {0}


def test_a_picture_by_openai_is_bought_and_recorded_without_photo_and_picture(rehearsed: Rehearsed) -> None:
    rehearsed.set(STORYKIN_IMAGE="openai-images")
    said = rehearsed.live(spend_usd=0.20)
    assert [said[name][0] for name in ("live providers", "live picture", "live look")] == ["ok"] * 3
    assert "1024 × 1280 pixels" in said["live picture"][1] and "Cancel-After" not in said["live picture"][1]
    assert rehearsed.bought == {"edits": 1, "responses": 1}
    files = sorted((rehearsed.home / "recordings").glob("*/*.json"))
    kept = [json.loads(file.read_text()) for file in files]
    edit = next(each for each in kept if each["request"]["url"].endswith("/v1/images/edits"))
    assert "multipart/form-data" in edit["request"]["body"]
    assert edit["response"]["body"]["data"][0]["b64_json"].endswith("characters left out)")
    assert edit["response"]["body"]["usage"]["output_tokens"] > 0
    assert max(len(file.read_text()) for file in files) < 60_000


def test_above_the_cap_nothing_is_asked_of_anyone(rehearsed: Rehearsed) -> None:
    with pytest.raises(OverBudget) as refused:
        rehearsed.live(spend_usd=0.02)
    assert "--spend 0.04" in refused.value.sentence
    assert rehearsed.bought == {} and rehearsed.calls() == []
    assert rehearsed.live(spend_usd=0.04)["live picture"][0] == "ok"


def test_the_days_budget_holds_for_it_too(rehearsed: Rehearsed) -> None:
    rehearsed.set(STORYKIN_DAILY_BUDGET_USD="0.01")
    level, sentence = rehearsed.live()["live picture"]
    assert level == "problem" and "budget" in sentence
    assert rehearsed.bought == {"responses": 1}


def test_a_model_that_has_changed_is_told_by_its_fields_and_not_bought_from(rehearsed: Rehearsed) -> None:
    rehearsed.cloud.fault("schema_changed")
    rehearsed.set(STORYKIN_VISION="local")
    doctor(as_json=True, live=True)
    lines = [each for each in json.loads(rehearsed.capsys.readouterr().out) if each["name"] == "live model"]
    assert {each["level"] for each in lines} == {"problem"}
    told = " ".join(each["sentence"] for each in lines)
    assert "image_input" in told and "text" in told and "models.toml" in told
    assert rehearsed.bought == {}


def test_a_model_that_is_gone_is_told(rehearsed: Rehearsed) -> None:
    rehearsed.cloud.fault("status", operation="model", status=404)
    assert rehearsed.live()["live model"][0] == "problem"
    assert rehearsed.bought == {"responses": 1}


def test_a_model_past_its_day_is_not_bought_from(rehearsed: Rehearsed) -> None:
    rehearsed.set(STORYKIN_IMAGE_MODEL="google/nano-banana")
    level, sentence = rehearsed.live()["live model"]
    assert level == "problem" and "google/nano-banana-2.1" in sentence
    assert "create" not in rehearsed.bought


def test_with_a_setting_that_can_not_be_used_nothing_is_asked_and_the_setting_is_told(
    rehearsed: Rehearsed,
) -> None:
    rehearsed.set(STORYKIN_IMAGE_MODEL="somebody/something")
    said = rehearsed.live()
    assert said["settings"][0] == "problem" and "STORYKIN_IMAGE_MODEL" in said["settings"][1]
    assert rehearsed.bought == {}


def test_refusals_are_told_and_are_no_fault_of_the_installation(rehearsed: Rehearsed) -> None:
    rehearsed.cloud.fault("e005")
    rehearsed.cloud.fault("refusal")
    said = rehearsed.live()
    assert said["live picture"][0] == "warning" and "refused" in said["live picture"][1]
    assert said["live look"][0] == "warning" and "refused" in said["live look"][1]


def test_a_key_that_is_turned_away_is_told(rehearsed: Rehearsed) -> None:
    rehearsed.set(REPLICATE_API_TOKEN="r8_wrong")
    level, sentence = rehearsed.live()["live model"]
    assert level == "problem" and "REPLICATE_API_TOKEN" in sentence


def test_a_list_that_hides_the_input_asks_for_webhooks(rehearsed: Rehearsed) -> None:
    rehearsed.cloud.fault("list_without_input")
    level, sentence = rehearsed.live()["live list"]
    assert level == "warning" and "REPLICATE_WEBHOOK_SECRET" in sentence


def test_a_lost_answer_is_possibly_paid_and_not_asked_for_again(rehearsed: Rehearsed) -> None:
    rehearsed.set(STORYKIN_VISION="local")
    rehearsed.cloud.fault("drop", when="after", operation="create")
    level, sentence = rehearsed.live()["live picture"]
    assert level == "problem" and "possibly paid" in sentence
    assert [call.state for call in rehearsed.calls()] == [CallState.UNKNOWN]
    assert rehearsed.bought == {"create": 1}


def test_a_second_check_buys_anew(rehearsed: Rehearsed) -> None:
    rehearsed.set(STORYKIN_VISION="local")
    rehearsed.live()
    rehearsed.live()
    assert rehearsed.bought == {"create": 2}
    assert [call.state for call in rehearsed.calls()] == [CallState.RECORDED] * 2


def test_without_books_nothing_is_bought(rehearsed: Rehearsed) -> None:
    forget_settings()
    (rehearsed.home / "storykin.db").unlink()
    said = rehearsed.live()
    assert said["live picture"][0] == said["live look"][0] == "problem"
    assert rehearsed.bought == {}


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    url = fresh_record(tmp_path / "record.db")
    store = DiskStore(tmp_path / "store", base_url="http://127.0.0.1:7860", secret=b"s" * 32)
    made = Runtime(record=Record(url), store=store, vision=BookkeepingVision(), image=BookkeepingImage())
    yield made
    made.record.close()


def a_photo() -> Photo:
    return Photo(data=photo().data, sha256="0" * 64, width=120, height=120)


def test_a_trial_that_was_interrupted_is_fetched_and_not_bought_again(runtime: Runtime) -> None:
    def interrupted(_style: str) -> None:
        raise NotReady("The network went away.")

    image = BookkeepingImage(on_collect=interrupted)
    with pytest.raises(NotReady):
        try_picture(replace(runtime, image=image), a_photo())
    image.on_collect = lambda _style: None
    fetched = try_picture(replace(runtime, image=image), a_photo())
    assert fetched.resumed and image.billed.total() == 1
    with runtime.record.reading() as session:
        assert calls.get(session, fetched.call_id).state is CallState.RECORDED
        assert calls.spent_microusd(session) == 39_000


@contextmanager
def studio_with(runtime: Runtime, secret: str) -> Iterator[str]:
    app, listening = FastAPI(), free_socket()
    app.include_router(hooks_router(runtime, {"replicate": ReplicateWebhooks(secret)} if secret else {}))
    with serving(app, listening):
        yield url_of(listening)


def test_a_studio_with_our_secret_believes_us_and_no_one_else(runtime: Runtime, rehearsed: Rehearsed) -> None:
    secret = rehearsed.cloud.webhook_secret
    with studio_with(runtime, secret) as origin:
        assert try_hook(Hook(origin, secret)) is HookVerdict.BELIEVES
        rehearsed.set(STORYKIN_PUBLIC_ORIGIN=origin, REPLICATE_WEBHOOK_SECRET=secret)
        said = rehearsed.live()
        assert said["live webhooks"][0] == said["live secret"][0] == "ok"
        rehearsed.set(REPLICATE_WEBHOOK_SECRET=OTHER_SECRET)
        said = rehearsed.live()
    for name in ("live webhooks", "live secret"):
        level, sentence = said[name]
        assert level == "problem" and "another secret" in sentence
    recordings = rehearsed.home.rglob("recordings/**/*.json")
    assert not any(secret in file.read_text() for file in recordings)  # the answer is the secret


def test_nothing_at_the_public_origin_is_told_from_a_studio_that_does_not_believe(runtime: Runtime) -> None:
    assert try_hook(Hook("http://127.0.0.1:9", OTHER_SECRET)) is HookVerdict.NOT_THERE
    with studio_with(runtime, "") as origin:  # a studio without a secret has no such path
        assert try_hook(Hook(origin, OTHER_SECRET)) is HookVerdict.NOT_THERE


def test_what_believes_everything_is_found_out() -> None:
    app, listening = FastAPI(), free_socket()

    @app.post("/{path:path}")
    def anything(path: str) -> None: ...

    with serving(app, listening):
        assert try_hook(Hook(url_of(listening), OTHER_SECRET)) is HookVerdict.BELIEVES_ANYTHING


def test_the_links_of_a_real_bucket_are_tried_over_http(r2: R2Store, certificate: Certificate) -> None:
    with httpx.Client(verify=certificate.client_context(), trust_env=False) as http:
        report = probe_links(r2, http)
    assert report.broken == ()
    assert len(report.unkept) == 1 and "If-None-Match" in report.unkept[0]  # rclone does not honour it
    assert list(r2.iterate("probes/")) == []


def test_the_bucket_is_looked_at_and_its_addresses_are_not_kept(
    r2: R2Store, s3: S3Server, bucket: str, runtime: Runtime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", s3.certificate)
    recorder = Recorder(secrets=(ACCESS_KEY, SECRET_KEY, bucket))
    trial = LiveTrial(ProviderSettings(), replace(runtime, store=r2), a_photo(), recorder)
    said = {each.name: each.level.value for each in look_at_bucket(trial)}
    assert said["live store"] == said["signed links"] == "ok"
    assert said["live CORS"] == "problem"
    text = "".join(file.read_text() for file in recorder.save(tmp_path / "kept"))
    assert '"method": "PUT"' in text and '"if-none-match": "*"' in text
    for private in (bucket, ACCESS_KEY, "X-Amz-Signature", "probes/"):
        assert private not in text


@contextmanager
def careless_server(cors: dict[str, str] | None = None) -> Iterator[str]:
    """An S3 server that takes whatever comes, signed or not."""
    app, listening = FastAPI(), free_socket()
    kept: dict[str, bytes] = {}

    async def take(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        path, method = scope["path"], scope["method"]
        reads = method in ("GET", "HEAD")
        status = 404 if reads and path not in kept else 200
        if method == "PUT":
            kept[path] = body
        if method == "DELETE":
            kept.pop(path, None)
        found = kept.get(path, b"") if reads else b""
        told = {"content-length": str(len(found)), "last-modified": "Sun, 22 Nov 2026 10:00:00 GMT"}
        headers = [(name.encode(), value.encode()) for name, value in (told | (cors or {})).items()]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": found if method == "GET" else b""})

    app.mount("/", take)
    with serving(app, listening):
        yield url_of(listening)


def careless_store(url: str) -> R2Store:
    return R2Store(endpoint_url=url, bucket="bucket", access_key_id="key", secret_access_key="secret")


def test_the_doctor_tells_of_such_a_bucket(rehearsed: Rehearsed) -> None:
    with careless_server() as url:
        rehearsed.set(
            STORYKIN_VISION="local",
            STORYKIN_IMAGE="local",
            STORYKIN_STORE="r2",
            R2_ENDPOINT_URL=url,
            R2_BUCKET="bucket-of-the-test",
            R2_ACCESS_KEY_ID=ACCESS_KEY,
            R2_SECRET_ACCESS_KEY=SECRET_KEY,
        )
        said = rehearsed.live()
    assert said["signed links"][0] == "problem" and said["clock"][0] == "ok"
    assert "recordings" in said and rehearsed.bought == {}
    assert SECRET_KEY not in json.dumps(said)
    text = "".join(file.read_text() for file in (rehearsed.home / "recordings").glob("*/*.json"))
    assert "PUT" in text
    for private in (SECRET_KEY, ACCESS_KEY, "bucket-of-the-test", url.removeprefix("http://")):
        assert private not in text


def test_a_bucket_that_is_away_is_told(rehearsed: Rehearsed) -> None:
    rehearsed.set(
        STORYKIN_STORE="r2",
        STORYKIN_IMAGE="local",
        STORYKIN_VISION="local",
        R2_ENDPOINT_URL="http://127.0.0.1:9",
        R2_BUCKET="bucket",
        R2_ACCESS_KEY_ID=ACCESS_KEY,
        R2_SECRET_ACCESS_KEY=SECRET_KEY,
    )
    said = rehearsed.live()
    assert said["store"][0] == said["signed links"][0] == said["live store"][0] == "problem"


def test_a_store_that_takes_anything_is_found_out() -> None:
    with careless_server() as url, httpx.Client(trust_env=False) as http:
        report = probe_links(careless_store(url), http)
    assert any("content type" in each for each in report.broken)
    assert any("length" in each for each in report.broken)
    assert report.unkept


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, False),
        ({"access-control-allow-origin": "https://else.invalid"}, False),
        ({"access-control-allow-origin": "*", "access-control-allow-headers": "content-type"}, False),
        ({"access-control-allow-origin": "*", "access-control-allow-headers": "*"}, True),
        (
            {
                "access-control-allow-origin": "https://studio.invalid",
                "access-control-allow-headers": "Content-Type, If-None-Match",
            },
            True,
        ),
    ],
)
def test_a_bucket_lets_a_page_upload_only_if_it_says_so(headers: dict[str, str], allowed: bool) -> None:
    with careless_server(headers) as url, httpx.Client(trust_env=False) as http:
        assert cors_allows(careless_store(url), http, "https://studio.invalid") is allowed


def test_a_disks_links_are_held_against_its_own_signatures(runtime: Runtime) -> None:
    with httpx.Client(trust_env=False) as http:
        assert probe_links(runtime.store, http).broken == ()


def test_a_recorder_keeps_only_our_own_of_the_accounts_list() -> None:
    recorder = Recorder(apis=frozenset({"api.replicate.com"}))
    theirs = {"id": "theirs", "input": {"prompt": "somebody else's child"}}
    for method, body in (
        ("POST", {"id": "ours"}),
        ("GET", {"results": [{"id": "ours", "input": {}}, theirs]}),
    ):
        request = httpx.Request(method, "https://api.replicate.com/v1/predictions?cursor=abc")
        recorder.saw(httpx.Response(200, json=body, request=request))
    assert recorder.exchanges[1]["response"]["body"]["results_left_out"] == 1
    assert "somebody" not in json.dumps(recorder.exchanges) and "abc" not in json.dumps(recorder.exchanges)


def test_a_secret_that_is_part_of_every_address_hides_no_link_from_the_recorder() -> None:
    recorder = Recorder(secrets=("s",))
    link = "https://bucket.invalid/inputs/one.jpg?X-Amz-Signature=abc"
    request = httpx.Request("POST", "https://api.replicate.com/v1/predictions", json={"image_input": [link]})
    recorder.saw(httpx.Response(201, json={"id": "ours"}, request=request))
    assert "abc" not in json.dumps(recorder.exchanges)


def test_a_recorder_that_fails_harms_no_answer() -> None:
    recorder = Recorder()
    recorder.saw(httpx.Response(200, json={"id": 1}))  # it has no request at all
    assert recorder.exchanges == []
