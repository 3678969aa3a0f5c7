"""A picture that has rotted in the store is never shown as good: an answer in words instead."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from PIL import Image
from starlette.testclient import TestClient

from db.repositories import assets, events
from tasks.providers.store.disk import DiskStore
from tasks.storage.verified_bytes import verified_bytes
from tests.support.studio import StandInStudio
from ui.routes import scaled
from ui.routes.media import media_router


@pytest.fixture
def character_id(studio: StandInStudio) -> str:
    return studio.character()


@pytest.fixture
def client(studio: StandInStudio) -> Iterator[TestClient]:
    store = studio.services.store
    assert isinstance(store, DiskStore)
    app = FastAPI()
    app.include_router(scaled.router(studio.services))
    app.include_router(media_router(store, verified=lambda key: verified_bytes(studio.services.runtime, key)))
    with TestClient(app) as client:
        yield client


@pytest.fixture
def key(studio: StandInStudio, character_id: str) -> str:
    (photo,) = [found.key for found in studio.services.store.iterate("photos/")]
    return photo


def digest_of(studio: StandInStudio, key: str) -> str:
    with studio.services.record.reading() as session:
        asset = assets.by_key(session, key)
    assert asset is not None
    return asset.sha256


def rotten(studio: StandInStudio, key: str, kind: str) -> None:
    store = studio.services.store
    assert isinstance(store, DiskStore)
    good = store.path_of(key).read_bytes()
    if kind == "exchanged":
        stream = io.BytesIO()
        Image.new("RGB", (82, 102), "#123456").save(stream, "JPEG")
        store.delete(key)
        store.put(key, stream.getvalue(), "image/jpeg")
    elif kind == "empty":
        store.path_of(key).write_bytes(b"")
    elif kind == "cut":
        store.path_of(key).write_bytes(good[: len(good) // 2])
    else:
        store.path_of(key).write_bytes(good[:50] + b"\0" * 20 + good[70:])


@pytest.mark.parametrize("kind", ["overwritten", "cut", "empty", "exchanged"])
def test_neither_whole_nor_scaled_is_it_shown(
    studio: StandInStudio, client: TestClient, character_id: str, key: str, kind: str
) -> None:
    links = studio.services.links
    assert client.get(links.original(key)).status_code == 200
    rotten(studio, key, kind)

    for link in (links.original(key), links.scaled(digest_of(studio, key), 480)):
        answer = client.get(link)
        assert answer.status_code == 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json()["code"] == "store_damaged"
        assert key not in answer.text

    with studio.services.record.reading() as session:
        told = [event.kind for event in events.timeline(session, character_id)]
    assert told.count("object.damaged") == 1


def test_a_damaged_note_beside_good_bytes_is_no_bare_error(
    studio: StandInStudio, client: TestClient, key: str
) -> None:
    store = studio.services.store
    assert isinstance(store, DiskStore)
    note: Path = store.path_of(key).parent / "@about.json"
    note.write_bytes(b"{")

    assert client.get(studio.services.links.original(key)).json()["code"] == "store_damaged"
    assert client.get(studio.services.links.scaled(digest_of(studio, key), 240)).status_code == 200


def test_without_the_record_the_stores_own_word_is_taken(
    studio: StandInStudio, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from db.errors import RecordAway

    store = studio.services.store
    assert isinstance(store, DiskStore)

    def away(_key: str) -> bytes:
        raise RecordAway("The database can't be reached just now.")

    app = FastAPI()
    app.include_router(media_router(store, verified=away))
    with TestClient(app) as client:
        assert client.get(studio.services.links.original(key)).status_code == 200
        rotten(studio, key, "overwritten")
        assert client.get(studio.services.links.original(key)).status_code == 500
