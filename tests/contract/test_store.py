"""What every store promises, asked of each: files on disk behind the studio, and S3 behind TLS."""

import hashlib
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import StoreError
from tasks.providers.protocols import SignedUpload, Store
from tasks.providers.store.keys import check_key, check_prefix, incoming_key
from tests.contract.conftest import Kept
from tests.support.fuzz import quick

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
LIFE = timedelta(minutes=10)


def put(kept: Kept, upload: SignedUpload, data: bytes, **headers: str) -> int:
    sent = {**upload.headers, **headers}
    return kept.browser.request(upload.method, upload.url, content=data, headers=sent).status_code


def code_of(error: pytest.ExceptionInfo[StoreError]) -> str:
    return error.value.code


class TestKeepingBytes:
    def test_what_was_put_comes_back_with_its_type_size_and_digest(self, kept: Kept) -> None:
        stored = kept.store.put("pictures/aa/one.png", PICTURE, "image/png")

        assert kept.store.get("pictures/aa/one.png") == PICTURE
        assert stored == kept.store.head("pictures/aa/one.png")
        assert stored.sha256 == hashlib.sha256(PICTURE).hexdigest()
        assert (stored.key, stored.size, stored.content_type) == (
            "pictures/aa/one.png",
            len(PICTURE),
            "image/png",
        )

    def test_the_same_bytes_again_are_harmless(self, kept: Kept) -> None:
        first = kept.store.put("pictures/one.png", PICTURE, "image/png")

        assert kept.store.put("pictures/one.png", PICTURE, "image/png") == first

    def test_other_bytes_never_replace_what_is_there(self, kept: Kept) -> None:
        kept.store.put("pictures/one.png", PICTURE, "image/png")

        with pytest.raises(StoreError) as error:
            kept.store.put("pictures/one.png", b"something else", "image/png")

        assert code_of(error) == "store_conflict"
        assert kept.store.get("pictures/one.png") == PICTURE

    def test_many_writers_of_the_same_bytes_agree(self, kept: Kept) -> None:
        with ThreadPoolExecutor(8) as pool:
            keys = ["shared/one.png"] * 8
            stored = set(pool.map(lambda key: kept.store.put(key, PICTURE, "image/png"), keys))

        assert len(stored) == 1
        assert kept.store.get("shared/one.png") == PICTURE

    def test_an_empty_object_is_an_object(self, kept: Kept) -> None:
        kept.store.put("empty.bin", b"", "application/octet-stream")

        assert kept.store.get("empty.bin") == b""

    def test_what_is_not_there_is_missing(self, kept: Kept) -> None:
        assert kept.store.head("pictures/none.png") is None
        assert kept.store.modified_at("pictures/none.png") is None
        with pytest.raises(StoreError) as error:
            kept.store.get("pictures/none.png")
        assert code_of(error) == "object_missing"

    def test_what_was_deleted_is_gone_and_its_name_is_free(self, kept: Kept) -> None:
        kept.store.put("photos/ada.jpg", PICTURE, "image/jpeg")

        kept.store.delete("photos/ada.jpg")
        kept.store.delete("photos/ada.jpg")

        assert kept.store.head("photos/ada.jpg") is None
        assert list(kept.store.iterate("")) == []
        kept.store.put("photos/ada.jpg", b"another photo", "image/jpeg")
        assert kept.store.get("photos/ada.jpg") == b"another photo"

    def test_it_lists_by_prefix_in_key_order(self, kept: Kept) -> None:
        for key in ("a/2.png", "b/1.png", "a/10.png", "a/1/deep.png", "ab.png", "a-b/1.png"):
            kept.store.put(key, key.encode(), "image/png")

        def found(prefix: str) -> list[str]:
            return [each.key for each in kept.store.iterate(prefix)]

        assert found("a/") == ["a/1/deep.png", "a/10.png", "a/2.png"]
        assert found("a") == ["a-b/1.png", "a/1/deep.png", "a/10.png", "a/2.png", "ab.png"]
        assert found("a/1") == ["a/1/deep.png", "a/10.png"]
        assert found("c/") == []
        assert {each.size for each in kept.store.iterate("b/")} == {len("b/1.png")}

    def test_it_knows_when_it_was_written(self, kept: Kept) -> None:
        kept.store.put("photos/ada.jpg", PICTURE, "image/jpeg")

        written = kept.store.modified_at("photos/ada.jpg")

        assert written is not None
        assert abs(datetime.now(UTC) - written) < timedelta(minutes=1)

    def test_it_is_a_store(self, kept: Kept) -> None:
        assert isinstance(kept.store, Store)
        assert kept.store.name in ("disk", "r2")


class TestLinksToRead:
    def test_a_link_gives_the_bytes_and_their_type(self, kept: Kept) -> None:
        kept.store.put("pictures/one.png", PICTURE, "image/png")

        answer = kept.browser.get(kept.store.presign_get("pictures/one.png", LIFE))

        assert (answer.status_code, answer.content) == (200, PICTURE)
        assert answer.headers["content-type"] == "image/png"
        assert "private" in answer.headers["cache-control"]

    def test_the_link_stays_the_same_for_a_while_so_that_browsers_can_cache(self, kept: Kept) -> None:
        assert kept.store.presign_get("one.png", LIFE) == kept.store.presign_get("one.png", LIFE)

    def test_without_its_signature_a_link_gives_nothing(self, kept: Kept) -> None:
        kept.store.put("pictures/one.png", PICTURE, "image/png")
        link = kept.store.presign_get("pictures/one.png", LIFE)

        assert kept.browser.get(link.partition("?")[0]).status_code in (400, 403)
        assert kept.browser.get(link[:-3] + "AAA").status_code == 403

    def test_a_link_gives_no_other_object(self, kept: Kept) -> None:
        kept.store.put("pictures/one.png", PICTURE, "image/png")
        kept.store.put("pictures/two.png", b"secret", "image/png")
        link = kept.store.presign_get("pictures/one.png", LIFE)

        assert kept.browser.get(link.replace("one.png", "two.png")).status_code == 403

    def test_a_link_expires(self, kept: Kept) -> None:
        kept.store.put("pictures/one.png", PICTURE, "image/png")
        link = kept.yesterday().presign_get("pictures/one.png", LIFE)

        assert kept.browser.get(link).status_code in (400, 403)

    def test_a_link_to_read_does_not_write(self, kept: Kept) -> None:
        kept.store.put("pictures/one.png", PICTURE, "image/png")
        link = kept.store.presign_get("pictures/one.png", LIFE)

        assert kept.browser.put(link, content=b"other").status_code in (403, 405)
        assert kept.store.get("pictures/one.png") == PICTURE

    def test_no_link_lives_longer_than_a_week(self, kept: Kept) -> None:
        with pytest.raises(StoreError) as error:
            kept.store.presign_get("pictures/one.png", timedelta(days=8))
        assert code_of(error) == "bad_expiry"


class TestLinksToWrite:
    def test_exactly_what_was_signed_is_taken(self, kept: Kept) -> None:
        upload = kept.store.presign_put("incoming/one", "image/jpeg", len(PICTURE), LIFE)

        assert put(kept, upload, PICTURE) in (200, 201)

        stored = kept.store.head("incoming/one")
        assert stored is not None
        assert stored.sha256 == hashlib.sha256(PICTURE).hexdigest()
        assert stored.content_type == "image/jpeg"
        assert kept.store.get("incoming/one") == PICTURE
        assert timedelta(minutes=9) < upload.expires_at - datetime.now(UTC) <= LIFE

    def test_another_length_is_refused(self, kept: Kept) -> None:
        upload = kept.store.presign_put("incoming/one", "image/jpeg", len(PICTURE), LIFE)

        for length in (len(PICTURE) - 1, len(PICTURE) + 1, 0):
            assert put(kept, upload, b"x" * length) == 403
        assert kept.store.head("incoming/one") is None

    def test_a_body_of_untold_length_is_refused(self, kept: Kept) -> None:
        upload = kept.store.presign_put("incoming/one", "image/jpeg", len(PICTURE), LIFE)
        chunks = (PICTURE for _ in range(3))

        answer = kept.browser.put(upload.url, content=chunks, headers=dict(upload.headers))

        assert answer.status_code in (403, 411)
        assert kept.store.head("incoming/one") is None

    def test_another_type_is_refused(self, kept: Kept) -> None:
        upload = kept.store.presign_put("incoming/one", "image/jpeg", len(PICTURE), LIFE)

        for content_type in ("text/html", "image/png", ""):
            assert put(kept, upload, PICTURE, **{"Content-Type": content_type}) == 403
        assert kept.store.head("incoming/one") is None

    def test_another_key_is_refused(self, kept: Kept) -> None:
        upload = kept.store.presign_put("incoming/one", "image/jpeg", len(PICTURE), LIFE)
        url = upload.url.replace("incoming/one", "incoming/two")

        answer = kept.browser.put(url, content=PICTURE, headers=dict(upload.headers))

        assert answer.status_code == 403
        assert list(kept.store.iterate("")) == []

    def test_a_link_expires(self, kept: Kept) -> None:
        upload = kept.yesterday().presign_put("incoming/one", "image/jpeg", len(PICTURE), LIFE)

        assert put(kept, upload, PICTURE) in (400, 403)

    def test_a_link_to_write_does_not_read(self, kept: Kept) -> None:
        upload = kept.store.presign_put("incoming/one", "image/jpeg", len(PICTURE), LIFE)
        put(kept, upload, PICTURE)

        assert kept.browser.get(upload.url).status_code in (403, 405)


BAD_KEYS = [
    "",
    "/lead",
    "trail/",
    "a//b",
    "..",
    "../escape",
    "a/../../escape",
    "a/./b",
    ".hidden",
    "a/.hidden",
    "UPPER",
    "a b",
    "a\\b",
    "a\nb",
    "ends\n",
    "a@b",
    "ü",
    "a%2e%2e/b",
    "a..b",
    "a.",
    "-dash",
    "x" * 513,
    "x" * 202,
    "nul\0",
]


class TestKeys:
    def test_a_bad_key_is_refused_everywhere(self, kept: Kept) -> None:
        attempts: dict[str, Callable[[str], object]] = {
            "put": lambda key: kept.store.put(key, b"x", "image/png"),
            "get": kept.store.get,
            "head": kept.store.head,
            "delete": kept.store.delete,
            "modified_at": kept.store.modified_at,
            "presign_get": lambda key: kept.store.presign_get(key, LIFE),
            "presign_put": lambda key: kept.store.presign_put(key, "image/png", 1, LIFE),
        }
        for (name, attempt), key in itertools.product(attempts.items(), BAD_KEYS):
            with pytest.raises(StoreError) as error:
                attempt(key)
            assert code_of(error) == "bad_key", (name, key)

    def test_a_bad_prefix_is_refused(self, kept: Kept) -> None:
        for prefix in ("/", "../", "a/../", "A", "a//", ".."):
            with pytest.raises(StoreError) as error:
                list(kept.store.iterate(prefix))
            assert code_of(error) == "bad_key", prefix


@quick
@given(st.text(max_size=40))
def test_a_key_that_passes_has_only_plain_parts(text: str) -> None:
    try:
        check_key(text)
    except StoreError:
        return
    assert all(part and part[0] not in ".-_" and ".." not in part for part in text.split("/"))
    assert text.isascii() and text == text.lower() and text.isprintable() and " " not in text


@quick
@given(st.from_regex(r"[a-z0-9]{1,8}(/[a-z0-9]{1,8}(\.[a-z]{2,3})?){0,3}", fullmatch=True), st.data())
def test_every_beginning_of_a_key_is_a_prefix(key: str, data: st.DataObject) -> None:
    assert check_key(key) == key
    check_prefix(key[: data.draw(st.integers(0, len(key)))])


def test_no_two_uploads_share_a_key() -> None:
    keys = {incoming_key() for _ in range(100)}

    assert len(keys) == 100
    assert all(check_key(key).startswith("incoming/") for key in keys)
