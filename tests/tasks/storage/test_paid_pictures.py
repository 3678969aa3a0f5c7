"""A picture that was paid for is kept as it came, whatever is broken in it, if it can be decoded."""

import hashlib
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from tasks.errors import NotReady, OutputLost
from tasks.giving.scaled import scaled_webp
from tasks.perception.likeness.measure import measure_likeness
from tasks.photo.pixels import picture_pixels, picture_size
from tasks.providers.http.guarded_fetch import FetchRules, expired
from tasks.providers.output_life import OUTPUT_LIFE
from tasks.providers.protocols import ImageOutput
from tasks.providers.store.disk import DiskStore
from tasks.storage.persist_output import persist_output
from tests.support.bad_photos import encoded, moving, portrait
from tests.support.color_difference import mean_difference
from tests.support.photo_parts import jpeg_segment, jpeg_with, png_chunk, png_with
from tests.tasks.conftest import weights

__all__ = ["weights"]

KEY = "ab" * 32
JPEG = encoded(portrait(), quality=92)
PNG = encoded(portrait(), "PNG")
BROKEN: dict[str, Callable[[], tuple[bytes, str]]] = {
    "a text chunk's checksum": lambda: (png_with(PNG, png_chunk(b"tEXt", b"a\0b", checksum=1)), "image/png"),
    "a chunk's length": lambda: (png_with(PNG, png_chunk(b"pHYs", bytes(9), length=90)), "image/png"),
    "no end of a PNG": lambda: (PNG[:-12], "image/png"),
    "a broken segment": lambda: (
        jpeg_with(JPEG, jpeg_segment(0xED, b"Photoshop 3.0\x008BIM\xff", length=99)),
        "image/jpeg",
    ),
    "no end of a JPEG": lambda: (JPEG[:-2], "image/jpeg"),
    "an AVIF": lambda: (encoded(portrait(), "AVIF", quality=90, speed=8), "image/avif"),
    "a HEIC": lambda: (encoded(portrait(), "HEIF", quality=90), "image/heic"),
    "a WEBP": lambda: (encoded(portrait(), "WEBP", quality=90), "image/webp"),
    "a moving WEBP": lambda: (moving("WEBP"), "image/webp"),
}


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    return DiskStore(
        tmp_path / "store", base_url="http://127.0.0.1", secret=b"a secret of 32 bytes for a test!"
    )


def output(url: str, *, kept_for: timedelta = OUTPUT_LIFE) -> ImageOutput:
    return ImageOutput(cost_microusd=39_000, seconds=1.0, url=url, age=lambda: OUTPUT_LIFE - kept_for)


def in_url(data: bytes, declared: str = "image/png") -> str:
    return f"data:{declared};base64,{b64encode(data).decode()}"


@pytest.mark.parametrize("name", BROKEN)
def test_its_bytes_are_kept_as_they_came(name: str, store: DiskStore) -> None:
    data, content_type = BROKEN[name]()

    kept = persist_output(store, output(in_url(data)), KEY, provider="replicate")

    assert store.get(kept.stored.key) == data
    assert kept.stored.sha256 == hashlib.sha256(data).hexdigest()
    assert kept.stored.content_type == content_type
    assert kept.width >= 512 and kept.height >= 480


@pytest.mark.parametrize("declared", ["image/jpg", "application/octet-stream", "", "IMAGE/PNG", "text/plain"])
def test_its_content_decides_not_what_it_is_called(declared: str, store: DiskStore) -> None:
    kept = persist_output(store, output(in_url(JPEG, declared)), KEY, provider="replicate")

    assert kept.stored.content_type == "image/jpeg"


@pytest.mark.parametrize("name", ["a text chunk's checksum", "no end of a JPEG", "an AVIF", "a HEIC"])
def test_it_can_be_shown_and_measured(name: str, weights: object) -> None:
    data, _ = BROKEN[name]()

    assert picture_size(data) == (512, 512)
    assert mean_difference(picture_pixels(data), np.asarray(portrait())) < 2
    assert scaled_webp(data, 240)[8:12] == b"WEBP"
    assert (measure_likeness(JPEG, data, 0.45, monochrome=False).identity or 0) > 0.9


class TestCutShort:
    CUT = JPEG[: len(JPEG) * 7 // 10]

    @pytest.fixture
    def served(self, monkeypatch: pytest.MonkeyPatch) -> list[bytes | Exception]:
        """What the delivery host gives, in turn."""
        answers: list[bytes | Exception] = []

        def fetch(url: str, rules: FetchRules) -> bytes:
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr("tasks.providers.http.temp_url.fetch", fetch)
        return answers

    def asked(self, store: DiskStore, *, kept_for: timedelta = timedelta(minutes=9)) -> bytes:
        kept = persist_output(
            store, output("https://replicate.delivery/a.jpg", kept_for=kept_for), KEY, provider="replicate"
        )
        assert [each.key for each in store.iterate("pictures/")] == [kept.stored.key]
        return store.get(kept.stored.key)

    def test_it_is_asked_for_again_and_taken_whole(
        self, store: DiskStore, served: list[bytes | Exception]
    ) -> None:
        served.extend([self.CUT, JPEG])
        with pytest.raises(NotReady):
            self.asked(store)
        assert self.asked(store) == JPEG

    def test_it_is_kept_as_it_is_when_no_more_comes(
        self, store: DiskStore, served: list[bytes | Exception]
    ) -> None:
        served.extend([self.CUT, self.CUT])
        with pytest.raises(NotReady):
            self.asked(store)
        assert self.asked(store) == self.CUT

    def test_it_is_kept_as_it_is_when_the_provider_has_deleted_it(
        self, store: DiskStore, served: list[bytes | Exception]
    ) -> None:
        served.extend([self.CUT, expired(404)])
        with pytest.raises(NotReady):
            self.asked(store)
        assert self.asked(store, kept_for=timedelta(minutes=-1)) == self.CUT

    def test_what_never_came_is_lost(self, store: DiskStore, served: list[bytes | Exception]) -> None:
        served.append(expired(404))
        with pytest.raises(OutputLost):
            self.asked(store, kept_for=timedelta(minutes=-1))
