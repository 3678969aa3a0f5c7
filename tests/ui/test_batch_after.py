"""After a batch that drew anew: old beside new, and which of the two counts, for each or for all."""

import json
import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from db.models import BatchItemState, CharacterImage, Review
from db.repositories import batches, images
from db.repositories.batches import Candidate
from tasks.batch.afterwards import Choice, settle_all
from tasks.runtime import using_runtime
from tests.support.rows import a_picture, a_ready_character
from tests.support.studio import StandInStudio
from tests.ui.test_cli_working import told
from ui.i18n import speaking
from ui.routes.batches import batches_router


@pytest.fixture
def client(studio: StandInStudio) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(batches_router(studio.services))
    with TestClient(app) as client:
        yield client


@pytest.fixture
def batch(studio: StandInStudio) -> str:
    """Three people with a flat picture each, drawn anew: more alike, less alike, unmeasured."""
    with studio.services.record.writing() as session:
        people = [a_ready_character(session, name).id for name in ("Ada", "Ben", "Cem")]
        pairs = [Candidate(each, "flat", 2) for each in people]
        made = batches.create(session, run_token="t", pairs=pairs, filter={}, plan={})
        for item, likeness in zip(
            batches.items(session, made.id), ((0.2, 0.5), (0.6, 0.1), (0.3, None)), strict=True
        ):
            drawn = [a_picture(session, item.character_id, "flat") for _ in likeness]
            for each, value in zip(drawn, likeness, strict=True):
                each.likeness = {"identity": value, "skin_delta_e": 3.0 + each.ordinal}
            batches.set_item(session, item.id, state=BatchItemState.DONE, image_id=drawn[1].id)
            if item.character_id == people[0]:
                images.select(session, drawn[0].id, actor="anna")
        return made.id


def reviews(studio: StandInStudio) -> list[tuple[int, Review, bool]]:
    with studio.services.record.reading() as session:
        rows = session.query(CharacterImage).order_by(CharacterImage.character_id, CharacterImage.ordinal)
        return [(each.ordinal, each.review, each.is_selected) for each in rows]


def test_each_pair_is_shown_with_its_change_and_decided(
    studio: StandInStudio, client: TestClient, batch: str
) -> None:
    page = client.get(f"/fragments/batches/{batch}/after").text
    assert page.count('data-verdict="open"') == 3
    assert "Likeness +0.30" in page and "Likeness −0.50" in page and "Likeness was not measured." in page
    assert "skin colour +1.0 ΔE" in page
    items = re.findall(r'name="item" value="([^"]+)"', page)
    one = client.post(f"/batches/{batch}/after", json={"act": "one:new", "item": items[0], "here": ""})
    assert one.text.count('data-verdict="open"') == 2 and "1 pair is decided." in one.text
    assert "This decides 2 pairs of the whole batch" in one.text and page.count("2 pairs") == 0
    assert re.findall(r'data-verdict="(\w+)"( tabindex="-1" data-focus)?', one.text) == [
        ("new", ""),
        ("open", ' tabindex="-1" data-focus'),  # the next open one, and the heading is not
        ("open", ""),
    ]
    assert (page.count("data-focus"), one.text.count("data-focus")) == (1, 1)
    client.post(f"/batches/{batch}/after", json={"act": "one:old", "item": items[1], "here": ""})
    first, second = reviews(studio)[:2], reviews(studio)[2:4]
    assert first == [(1, Review.PROPOSED, False), (2, Review.APPROVED, True)]  # the favourite goes along
    assert second == [(1, Review.PROPOSED, False), (2, Review.REJECTED, False)]
    for wrong in ({"act": "one:new", "item": "x"}, {"act": "all:best"}, {}):
        assert client.post(f"/batches/{batch}/after", json=wrong).status_code == 422
    assert client.get("/fragments/batches/none/after").status_code == 404
    with speaking("de"):
        assert "Alt neben neu" in client.get(f"/fragments/batches/{batch}/after").text


def test_the_new_picture_is_approved_and_the_favourite_at_once_or_neither(
    studio: StandInStudio, batch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = reviews(studio)
    with monkeypatch.context() as patched:
        patched.setattr(images, "select", lambda *_args, **_said: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):  # killed between the two
            settle_all(studio.services.runtime, batch_id=batch, choice=Choice.NEW)
    assert reviews(studio) == before
    settle_all(studio.services.runtime, batch_id=batch, choice=Choice.NEW)
    assert reviews(studio)[:2] == [(1, Review.PROPOSED, False), (2, Review.APPROVED, True)]


def test_the_more_alike_of_each_counts_and_what_was_not_measured_stays_open(
    studio: StandInStudio, batch: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with using_runtime(studio.services.runtime):
        status, out, said = told(capsys, "batch", "after", "--take", "more_alike", "--json")
    assert (status, "2 decided, 1 left open" in said) == (0, True)
    assert [each["verdict"] for each in json.loads(out)] == ["new", "old", "open"]
    assert "Ada" not in out
    done = settle_all(studio.services.runtime, batch_id=batch, choice=Choice.OLD)
    assert (done.decided, done.left) == (1, 0)  # what was decided stays
    assert [review for ordinal, review, _ in reviews(studio) if ordinal == 2] == [
        Review.APPROVED,
        Review.REJECTED,
        Review.REJECTED,
    ]
