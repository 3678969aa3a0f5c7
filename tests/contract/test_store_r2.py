"""What only the S3 side has: what boto3 puts on the wire, and servers that disagree."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tasks.errors import StoreError
from tasks.providers.store.r2 import R2Store
from tests.contract.conftest import r2_store
from tests.support.certificates import Certificate
from tests.support.s3_server import ACCESS_KEY, SECRET_KEY, S3Server
from tests.support.tls_server import TlsServer, reply, tls_server

PICTURE = b"a picture, more or less"
DIGEST = hashlib.sha256(PICTURE).hexdigest()


def store_at(server: TlsServer, certificate: Certificate) -> R2Store:
    return R2Store(
        endpoint_url=server.url,
        bucket="bucket",
        access_key_id=ACCESS_KEY,
        secret_access_key=SECRET_KEY,
        verify=str(certificate.certificate),
    )


def test_boto3_as_it_comes_fails_where_ours_passes(s3: S3Server, bucket: str, r2: R2Store) -> None:
    as_it_comes = boto3.session.Session().client(
        "s3",
        endpoint_url=s3.url,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        region_name="us-east-1",
        verify=s3.certificate,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}),
    )
    with pytest.raises(ClientError, match="MissingContentLength"):
        as_it_comes.put_object(Bucket=bucket, Key="one.png", Body=PICTURE)

    r2.put("one.png", PICTURE, "image/png")
    assert r2.get("one.png") == PICTURE


def test_a_put_goes_out_plain_signed_and_conditional(certificate: Certificate) -> None:
    def absent_then_taken(handler: BaseHTTPRequestHandler) -> None:
        reply(status=404 if handler.command == "HEAD" else 200)(handler)

    with tls_server(certificate, absent_then_taken) as server:
        store_at(server, certificate).put("one.png", PICTURE, "image/png")

    (put,) = [asked for asked in server.asked if asked.method == "PUT"]
    assert put.body == PICTURE
    assert put.headers["x-amz-content-sha256"] == DIGEST
    assert put.headers["content-length"] == str(len(PICTURE))
    assert put.headers["if-none-match"] == "*"
    assert put.headers["x-amz-meta-sha256"] == DIGEST
    assert not {
        "expect",
        "x-amz-trailer",
        "content-encoding",
        "x-amz-acl",
        "x-amz-sdk-checksum-algorithm",
    } & set(put.headers)


def test_what_is_replaced_while_it_is_read_is_asked_about_again(certificate: Certificate) -> None:
    """rclone's way: an object is there without its metadata, gone while it is replaced, and then whole."""
    whole = reply(body=PICTURE, x_amz_meta_sha256=DIGEST)
    answers = {"HEAD": [reply(body=PICTURE)], "GET": [reply(status=404)]}

    def replacing(handler: BaseHTTPRequestHandler) -> None:
        left = answers.get(handler.command, [])
        (left.pop() if left else whole)(handler)

    with tls_server(certificate, replacing) as server:
        kept = store_at(server, certificate).put("one.png", PICTURE, "image/png")

    assert (kept.sha256, kept.size) == (DIGEST, len(PICTURE))
    assert "PUT" not in [asked.method for asked in server.asked]


@pytest.mark.parametrize(
    ("theirs", "verdict"), [(DIGEST, "kept"), ("0" * 64, "store_conflict")], ids=["same bytes", "other bytes"]
)
def test_a_faster_writer_wins_and_the_bytes_decide(
    certificate: Certificate, theirs: str, verdict: str
) -> None:
    arrived: list[str] = []

    def another_writer_in_between(handler: BaseHTTPRequestHandler) -> None:
        arrived.append(handler.command)
        if handler.command == "PUT":
            reply(b"<Error><Code>PreconditionFailed</Code></Error>", status=412)(handler)
        elif "PUT" in arrived:
            reply(x_amz_meta_sha256=theirs)(handler)
        else:
            reply(status=404)(handler)

    with tls_server(certificate, another_writer_in_between) as server:
        store = store_at(server, certificate)
        if verdict == "kept":
            assert store.put("one.png", PICTURE, "image/png").sha256 == DIGEST
        else:
            with pytest.raises(StoreError) as error:
                store.put("one.png", PICTURE, "image/png")
            assert error.value.code == verdict


def test_the_upload_link_signs_type_length_and_single_use(r2: R2Store) -> None:
    upload = r2.get_presigned_upload_url("incoming/one", "image/jpeg", 5)

    signed = httpx.URL(upload.url).params["X-Amz-SignedHeaders"].split(";")

    assert {"content-type", "content-length", "if-none-match", "host"} <= set(signed)
    assert upload.headers == {"Content-Type": "image/jpeg", "If-None-Match": "*"}


def test_the_plan_s_own_words_work(r2: R2Store) -> None:
    stored = r2.upload_to_r2(PICTURE, "pictures/one.png", "image/png")

    assert r2.head("pictures/one.png") == stored


def test_a_wrong_secret_is_said_without_saying_any_secret(s3: S3Server, bucket: str) -> None:
    store = r2_store(s3, bucket, secret="not-the-secret-at-all")

    with pytest.raises(StoreError) as error:
        store.put("photos/ada.jpg", PICTURE, "image/jpeg")

    assert error.value.code == "store_denied"
    told = f"{error.value.sentence} {error.value!r} {error.value.__cause__!r}"
    for private in (ACCESS_KEY, "not-the-secret", "ada", bucket, s3.url):
        assert private not in told


def test_a_missing_bucket_is_said(s3: S3Server) -> None:
    with pytest.raises(StoreError) as error:
        r2_store(s3, "no-such-bucket").put("one.png", PICTURE, "image/png")
    assert error.value.code == "store_denied"


UNREACHABLE: dict[str, Callable[[R2Store], object]] = {
    "put": lambda store: store.put("one.png", PICTURE, "image/png"),
    "get": lambda store: store.get("one.png"),
    "head": lambda store: store.head("one.png"),
    "delete": lambda store: store.delete("one.png"),
    "iterate": lambda store: list(store.iterate("")),
}


@pytest.mark.parametrize("name", UNREACHABLE)
def test_a_server_that_is_away_is_unreachable(
    name: str, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # between boto3's own retries
    with tls_server(certificate, reply(status=503)) as server:
        with pytest.raises(StoreError) as error:
            UNREACHABLE[name](store_at(server, certificate))
        assert error.value.code == "store_unreachable"
        assert len(server.asked) == 3, "boto3 tries three times"


def test_a_refused_connection_is_unreachable(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with tls_server(certificate, reply()) as server:
        store = store_at(server, certificate)

    with pytest.raises(StoreError) as error:
        store.get("one.png")
    assert error.value.code == "store_unreachable"


def test_an_untrusted_certificate_is_unreachable(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    store = R2Store(endpoint_url=s3.url, bucket="any", access_key_id=ACCESS_KEY, secret_access_key=SECRET_KEY)
    with pytest.raises(StoreError) as error:
        store.get("one.png")
    assert error.value.code == "store_unreachable"


def test_presigning_asks_no_server(certificate: Certificate) -> None:
    with tls_server(certificate, reply()) as server:
        store = store_at(server, certificate)
        store.presign_get("one.png", timedelta(days=7))
        store.presign_put("one.png", "image/png", 3, timedelta(minutes=1))
    assert server.asked == []
