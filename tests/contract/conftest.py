"""The stores behind real servers, told apart only by how their links are made to expire."""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from tasks.providers.protocols import Store
from tasks.providers.store.disk import DiskStore
from tasks.providers.store.r2 import R2Store
from tests.support.certificates import Certificate, make_certificate
from tests.support.radosgw import Radosgw, ceph
from tests.support.s3_server import ACCESS_KEY, SECRET_KEY, S3Server, s3_server
from tests.support.web_server import free_socket, serving, url_of
from ui.routes.media import media_router
from ui.routes.uploads import uploads_router

__all__ = ["ceph"]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3"), certificate) as server:
        yield server


@dataclass(frozen=True)
class Kept:
    """A store, a browser that reaches it, and its past."""

    store: Store
    browser: httpx.Client
    yesterday: Callable[[], Store]  # the same store, as if now were a day ago


def new_bucket(server: S3Server) -> str:
    name = f"bucket-{uuid4()}"
    server.make_bucket(name)
    return name


@pytest.fixture
def bucket(s3: S3Server) -> str:
    return new_bucket(s3)


@pytest.fixture
def r2(s3: S3Server, bucket: str) -> R2Store:
    return r2_store(s3, bucket)


def r2_store(s3: S3Server, bucket: str, *, secret: str = SECRET_KEY) -> R2Store:
    return R2Store(
        endpoint_url=s3.url,
        bucket=bucket,
        access_key_id=ACCESS_KEY,
        secret_access_key=secret,
        region="us-east-1",
        verify=s3.certificate,
    )


@pytest.fixture(params=["disk", "r2", "ceph"])
def kept(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    with ExitStack() as stack:
        if request.param == "disk":
            yield _disk(tmp_path, stack)
        elif request.param == "r2":
            yield _r2(request.getfixturevalue("s3"), monkeypatch, stack)
        else:
            server: Radosgw = request.getfixturevalue("ceph")
            yield _r2(server.safe, monkeypatch, stack)


def _disk(tmp_path: Path, stack: ExitStack) -> Kept:
    listening = free_socket()
    secret = b"a secret of thirty-two bytes....."
    store = DiskStore(tmp_path / "store", url_of(listening), secret)

    def yesterday() -> Store:
        return DiskStore(store.root, url_of(listening), secret, clock=lambda: time.time() - 86400)

    app = FastAPI()
    app.include_router(media_router(store))
    app.include_router(uploads_router(store))
    stack.enter_context(serving(app, listening))
    return Kept(store, stack.enter_context(httpx.Client(trust_env=False)), yesterday)


def _r2(server: S3Server, monkeypatch: pytest.MonkeyPatch, stack: ExitStack) -> Kept:
    store = r2_store(server, new_bucket(server))

    def yesterday() -> Store:
        past = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=1)
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: past)
        return store

    assert server.url.startswith("https://")
    browser = httpx.Client(verify=ssl.create_default_context(cafile=server.certificate), trust_env=False)
    return Kept(store, stack.enter_context(browser), yesterday)
