"""The studio with its photos and pictures in a bucket: the browser goes there itself, by signed links."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect

from tasks.providers.store.keys import incoming_key
from tasks.providers.store.r2 import R2Store
from tests.e2e.studio_steps import choose_styles, fill_in, generate, open_new, tile, upload
from tests.support.buckets import allow_pages_of
from tests.support.radosgw import Radosgw, ceph
from tests.support.s3_server import ACCESS_KEY, SECRET_KEY
from tests.support.served_studio import ServedStudio, served_studio
from tests.support.studio import photo_bytes
from tests.support.web_server import free_socket, serving, url_of

__all__ = ["ceph"]

pytestmark = pytest.mark.browser

UPLOAD = """async ([url, headers]) => {
  try { return (await fetch(url, { method: "PUT", headers, body: "12345" })).status; }
  catch (error) { return error.name; }
}"""


@pytest.fixture
def bucket(ceph: Radosgw) -> R2Store:
    name = f"bucket-{uuid4()}"
    ceph.plain.make_bucket(name)
    return R2Store(
        endpoint_url=ceph.plain.url, bucket=name, access_key_id=ACCESS_KEY, secret_access_key=SECRET_KEY
    )


@pytest.fixture
def served(home: Path, migrated_record: Path, bucket: R2Store) -> Iterator[ServedStudio]:
    shutil.copy(migrated_record, home / "storykin.db")
    with served_studio(home, bucket) as studio:
        yield studio


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "photo.jpg"
    file.write_bytes(photo_bytes())
    return file


def test_a_photo_goes_into_the_bucket_and_pictures_come_out_of_it(
    served: ServedStudio, bucket: R2Store, page: Page, photo: Path
) -> None:
    allow_pages_of(served.url, bucket)
    open_new(page, served.url)
    upload(page, photo)
    (uploaded,) = bucket.iterate("incoming/")
    assert bucket.get(uploaded.key) == photo.read_bytes()

    fill_in(page)
    choose_styles(page, "Anime")
    generate(page)

    expect(tile(page, "anime", "done").locator("img")).to_be_visible()
    assert list(bucket.iterate("incoming/")) == []
    assert len(list(bucket.iterate("photos/"))) == len(list(bucket.iterate("pictures/"))) == 1


def test_without_a_cors_rule_the_page_says_that_it_did_not_work(
    served: ServedStudio, bucket: R2Store, browser: Browser, photo: Path
) -> None:
    page = browser.new_page()
    open_new(page, served.url)

    page.set_input_files("#sk-photo-file", photo)

    expect(page.get_by_test_id("intake-item")).to_contain_text("Try again")
    assert list(bucket.iterate("incoming/")) == []
    page.close()


def test_another_site_s_page_can_not_use_a_link_that_it_got_hold_of(
    served: ServedStudio, bucket: R2Store, browser: Browser
) -> None:
    allow_pages_of(served.url, bucket)
    link = bucket.presign_put(incoming_key(), "image/jpeg", 5, timedelta(minutes=5))
    site, listening = FastAPI(), free_socket()
    site.get("/")(lambda: "an ordinary page")

    def used_from(url: str) -> int | str:
        page = browser.new_page()
        page.goto(url)
        said: int | str = page.evaluate(UPLOAD, [link.url, dict(link.headers)])
        page.close()
        return said

    with serving(site, listening):
        assert used_from(url_of(listening)) == "TypeError"  # what a browser says when it is not let in
    assert bucket.head(link.key) is None
    assert used_from(f"{served.url}/studio/new") == 200
    assert used_from(f"{served.url}/studio/new") == 412  # and once is enough
