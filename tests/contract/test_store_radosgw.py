"""What R2 does and rclone does not: If-None-Match, CORS, a clock of its own. Shown by Ceph's S3 server.

`test_store.py` asks it everything else: bytes, keys, signed types, lengths and expiry.
"""

import hashlib
import json
import os
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.launch.demo import PHOTO
from tasks.errors import StoreError
from tasks.providers.protocols import StoredObject
from tasks.providers.store.keys import incoming_key
from tasks.providers.store.probe import cors_allows, probe_links
from tasks.providers.store.r2 import R2Store
from tests.contract.conftest import new_bucket, r2_store
from tests.support import commands
from tests.support.buckets import allow_pages_of
from tests.support.faulty_proxy import Cut, faulty_proxy
from tests.support.radosgw import Radosgw
from tests.support.s3_server import ACCESS_KEY, SECRET_KEY, S3Server
from tests.support.slices import in_slices
from tests.tasks.conftest import weights

__all__ = ["weights"]

PICTURE, OTHER = b"a picture, more or less", b"some other picture, too"
LIFE = timedelta(minutes=10)
STUDIO, EVIL = "https://studio.invalid", "https://evil.invalid"


@pytest.fixture
def server(ceph: Radosgw) -> S3Server:
    return ceph.safe


@pytest.fixture
def bucket(server: S3Server) -> str:
    return new_bucket(server)


@pytest.fixture
def store(server: S3Server, bucket: str) -> R2Store:
    return r2_store(server, bucket)


@pytest.fixture
def browser(server: S3Server) -> Iterator[httpx.Client]:
    trusting = ssl.create_default_context(cafile=server.certificate)
    with httpx.Client(verify=trusting, trust_env=False) as client:
        yield client


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(StoreError) as error:
        action()
    return error.value.code


def someone_was_faster(store: R2Store, monkeypatch: pytest.MonkeyPatch, key: str, theirs: bytes) -> None:
    """`store` sees nothing under `key` when it looks, and someone else writes before it does."""
    looked: list[str] = []
    look = store.head

    def too_early(asked: str) -> StoredObject | None:
        looked.append(asked)
        if len(looked) > 1:
            return look(asked)
        store._s3.put_object(Bucket=store._bucket, Key=key, Body=theirs)
        return None

    monkeypatch.setattr(store, "head", too_early)


class TestIfNoneMatch:
    def test_the_same_bytes_by_a_faster_writer_are_taken_as_kept(
        self, store: R2Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        someone_was_faster(store, monkeypatch, "one.png", PICTURE)

        assert store.put("one.png", PICTURE, "image/png").sha256 == hashlib.sha256(PICTURE).hexdigest()

    def test_other_bytes_by_a_faster_writer_stay(
        self, store: R2Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        someone_was_faster(store, monkeypatch, "one.png", OTHER)

        assert code_of(lambda: store.put("one.png", PICTURE, "image/png")) == "store_conflict"
        assert store.get("one.png") == OTHER

    def test_of_many_writers_at_once_one_wins_and_the_others_know(self, store: R2Store) -> None:
        def write(number: int) -> int | None:
            try:
                store.put("one.png", bytes([number]) * 2000, "image/png")
            except StoreError as error:
                assert error.code == "store_conflict"
                return None
            return number

        with ThreadPoolExecutor(12) as pool:
            (winner,) = [each for each in pool.map(write, range(12)) if each is not None]

        assert store.get("one.png") == bytes([winner]) * 2000

    @pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.AFTER])
    def test_a_write_whose_answer_was_lost_is_found_done_by_the_next_try(
        self, ceph: Radosgw, bucket: str, cut: Cut, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("time.sleep", lambda seconds: None)  # between boto3's own tries
        with faulty_proxy(httpx.URL(ceph.plain.url).port or 0) as proxy:
            store = r2_store(S3Server(proxy.url, ceph.plain.certificate), bucket)
            proxy.cut(r"^PUT /.*one\.png", cut)

            stored = store.put("one.png", PICTURE, "image/png")

            assert proxy.seen[f"PUT /{bucket}/one.png"] == 2
        assert stored == r2_store(ceph.safe, bucket).head("one.png")

    def test_an_upload_link_works_once(self, store: R2Store, browser: httpx.Client) -> None:
        upload = store.presign_put(incoming_key(), "image/jpeg", len(PICTURE), LIFE)
        unconditional = {"Content-Type": "image/jpeg"}

        first, second, third = (
            browser.put(upload.url, content=content, headers=headers).status_code
            for content, headers in (
                (PICTURE, dict(upload.headers)),
                (OTHER, dict(upload.headers)),
                (OTHER, unconditional),
            )
        )

        assert (first, second, third) == (200, 412, 403)
        assert store.get(upload.key) == PICTURE


class TestAHostileBrowser:
    def test_its_digest_is_not_believed(self, store: R2Store, browser: httpx.Client) -> None:
        upload = store.presign_put(incoming_key(), "image/jpeg", len(PICTURE), LIFE)
        lie = {**upload.headers, "x-amz-meta-sha256": hashlib.sha256(OTHER).hexdigest()}

        assert browser.put(upload.url, content=PICTURE, headers=lie).status_code == 200, "it is taken"

        kept = store.head(upload.key)
        assert kept is not None and kept.sha256 == hashlib.sha256(PICTURE).hexdigest()

    def test_its_page_is_not_let_in(self, store: R2Store, bucket: str, browser: httpx.Client) -> None:
        allow_pages_of(STUDIO, store)

        assert cors_allows(store, browser, STUDIO)
        assert not cors_allows(store, browser, EVIL)
        assert not cors_allows(store, browser, f"{STUDIO}.evil.invalid")

    def test_without_a_rule_no_page_is_let_in(self, store: R2Store, browser: httpx.Client) -> None:
        assert not cors_allows(store, browser, STUDIO)

    def test_a_link_is_good_for_its_seconds_and_no_longer(
        self, store: R2Store, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store.put("one.png", PICTURE, "image/png")

        def signed(ago: timedelta) -> int:
            past = datetime.now(UTC).replace(tzinfo=None) - ago
            monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: past)
            upload = store.presign_put(incoming_key(), "image/png", len(PICTURE), LIFE)
            return browser.put(upload.url, content=PICTURE, headers=dict(upload.headers)).status_code

        assert signed(LIFE - timedelta(minutes=1)) == 200
        assert signed(LIFE + timedelta(seconds=1)) == 403


class TestWhatGoesWrong:
    def test_a_wrong_secret(self, server: S3Server, bucket: str) -> None:
        store = r2_store(server, bucket, secret="wrong")
        assert code_of(lambda: store.get("one.png")) == "store_denied"
        assert code_of(lambda: store.head("one.png")) == "store_denied"
        assert code_of(lambda: store.put("one.png", PICTURE, "image/png")) == "store_denied"

    def test_no_such_bucket(self, server: S3Server) -> None:
        store = r2_store(server, "no-such-bucket")
        assert code_of(lambda: store.put("one.png", PICTURE, "image/png")) == "store_denied"
        assert code_of(lambda: list(store.iterate(""))) == "store_denied"

    @pytest.mark.parametrize("days", [-1, 1], ids=["behind", "ahead"])
    def test_a_clock_that_is_wrong_is_named(
        self, store: R2Store, days: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wrong = datetime.now(UTC) + timedelta(days=days)
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: wrong.replace(tzinfo=None))
        monkeypatch.setattr("tasks.providers.store.s3_client.utc_now", lambda: wrong)

        for action in (lambda: store.get("one.png"), lambda: store.head("one.png")):
            with pytest.raises(StoreError) as error:
                action()
            assert error.value.code == "store_denied" and "clock" in error.value.sentence

    def test_its_links_are_as_they_must_be_and_the_one_weakness_is_told(
        self, store: R2Store, browser: httpx.Client
    ) -> None:
        report = probe_links(store, browser)

        assert report.broken == ()
        (told,) = report.unkept  # AWS refuses headers that a link did not sign; Ceph takes them
        assert "did not sign" in told
        assert list(store.iterate("probes/")) == []


@pytest.fixture
def environment(server: S3Server, bucket: str, tmp_path: Path, weights: Path) -> dict[str, str]:
    """An operator's settings for this bucket; the server's certificate is named nowhere."""
    return {
        "PATH": os.environ["PATH"],
        "STORYKIN_HOME": str(tmp_path / "home"),
        "STORYKIN_MODELS_DIR": str(weights),
        "STORYKIN_PREFECT_PORT": "9",
        "STORYKIN_PUBLIC_ORIGIN": STUDIO,
        "STORYKIN_STORE": "r2",
        "R2_ENDPOINT_URL": server.url,
        "R2_BUCKET": bucket,
        "R2_ACCESS_KEY_ID": ACCESS_KEY,
        "R2_SECRET_ACCESS_KEY": SECRET_KEY,
    }


def storykin(environment: dict[str, str], *arguments: str) -> Any:
    done = commands.storykin(environment, *arguments, "--json")
    assert SECRET_KEY not in done.stdout + done.stderr
    return json.loads(done.stdout)


def doctor(environment: dict[str, str], *arguments: str) -> dict[str, tuple[str, str]]:
    """What it says: name -> level and sentence; of several lines of one name the gravest."""
    said = storykin(environment, "doctor", *arguments)
    said.sort(key=lambda each: ("ok", "warning", "problem").index(each["level"]))
    return {each["name"]: (each["level"], each["sentence"]) for each in said}


@pytest.mark.parametrize(
    "named", in_slices(["R2_CA_FILE", "SSL_CERT_FILE", "AWS_CA_BUNDLE"], ("R2_CA_FILE",))
)
def test_an_authority_of_ones_own_is_trusted_by_every_name_for_it(
    named: str, environment: dict[str, str], server: S3Server, store: R2Store
) -> None:
    allow_pages_of(STUDIO, store)

    said = doctor({**environment, named: server.certificate})

    assert {name: said[name][0] for name in ("store", "signed links", "page uploads", "clock")} == {
        "store": "ok",
        "signed links": "warning",  # the weakness above
        "page uploads": "ok",
        "clock": "ok",
    }


def test_a_certificate_that_nobody_vouches_for_is_told_with_the_setting(environment: dict[str, str]) -> None:
    level, sentence = doctor(environment)["store"]
    assert level == "problem" and "R2_CA_FILE" in sentence


def test_a_certificate_file_that_is_not_there_is_told(environment: dict[str, str]) -> None:
    level, sentence = doctor({**environment, "R2_CA_FILE": "/nowhere.pem"})["settings"]
    assert level == "problem" and "R2_CA_FILE" in sentence


@pytest.mark.parametrize(
    ("origins", "level", "told"),
    in_slices(
        [((), "problem", "no photo"), ((STUDIO,), "ok", "no other"), (("*",), "warning", "any site")],
        [((STUDIO,), "ok", "no other")],
    ),
    ids=["no rule", "ours", "anyone's"],
)
def test_the_live_check_says_whose_pages_may_upload(
    origins: tuple[str, ...],
    level: str,
    told: str,
    environment: dict[str, str],
    server: S3Server,
    store: R2Store,
) -> None:
    for each in origins:
        allow_pages_of(each, store)

    said = doctor({**environment, "R2_CA_FILE": server.certificate}, "--live")

    assert said["live store"][0] == "ok"
    assert said["live CORS"][0] == said["page uploads"][0] == level
    assert told in said["live CORS"][1]


def test_a_character_is_made_on_the_bucket(
    environment: dict[str, str], server: S3Server, store: R2Store
) -> None:
    environment |= {"R2_CA_FILE": server.certificate}
    made = storykin(environment, "generate", str(PHOTO), "--name", "Ada", "--style", "flat")

    (variant,) = made["variants"]
    kept = store.head(variant["key"])
    assert kept is not None
    assert (kept.sha256, kept.size, kept.content_type) == (variant["sha256"], variant["size"], "image/png")
    assert hashlib.sha256(store.get(variant["key"])).hexdigest() == variant["sha256"]
    kept_under = [each.key.partition("/")[0] for each in store.iterate("")]
    assert kept_under == ["installation", "photos", "pictures", "scaled", "scaled"]  # its cover and its tile
