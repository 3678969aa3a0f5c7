"""The report of a batch or a time: its figures against the rows, its files, and a page that needs nothing."""

import csv
import re
from collections.abc import Iterator
from datetime import date, timedelta
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from fastapi import FastAPI
from sqlalchemy import update
from starlette.testclient import TestClient

from db.ids import utc_now
from db.models import AuditEntry, BatchItemState, BatchState, ProviderCall, Review
from db.repositories import batches, images
from db.repositories.batches import Candidate
from tasks.errors import UsageError
from tasks.reports.figures import batch_report, period_report
from tasks.reports.files import write_parquet
from tasks.reports.page import report_html
from tasks.reports.plots import bars, histogram
from tasks.runtime import using_runtime
from tests.support.studio import StandInStudio, photo_bytes
from tests.ui.test_cli_working import told
from ui.handlers import period_report as handler
from ui.permissions import READ, ROUTES
from ui.routes.batches import batches_router
from ui.routes.reports import reports_router


@pytest.fixture
def client(studio: StandInStudio) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(batches_router(studio.services))
    app.include_router(reports_router(studio.services))
    with TestClient(app) as client:
        yield client


@pytest.fixture
def batch(studio: StandInStudio) -> str:
    """A batch that two characters' pictures came of; a third character is none of it."""
    with studio.services.record.writing() as session:
        made = batches.create(session, run_token="t", pairs=[], filter={}, plan={})
        batches.start(session, made.id)
    people = [
        studio.character(name=name, styles=("flat",), photo_key=studio.upload(photo_bytes(color)))
        for name, color in (("Ada", "#8a6f4f"), ("Ben", "#5a4030"))
    ]
    with studio.services.record.writing() as session:
        items = batches.create(
            session, run_token="u", pairs=[Candidate(each, "flat") for each in people], filter={}, plan={}
        )
        batches.start(session, items.id).started_at = made.started_at
        for item, likeness in zip(batches.items(session, items.id), (0.2, 0.4), strict=True):
            image = images.of_character(session, item.character_id)[0].image
            images.get(session, image.id).likeness = {"identity": likeness, "skin_delta_e": 2.0}
            batches.set_item(session, item.id, state=BatchItemState.DONE, image_id=image.id)
        images.review(session, image.id, review=Review.APPROVED, actor="anna")
    return items.id


class Addresses(HTMLParser):
    """What a page would fetch, and its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.asked += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action")]


def test_the_figures_are_those_of_the_rows(studio: StandInStudio, batch: str) -> None:
    studio.character(name="Cem", styles=("anime",))
    found = batch_report(studio.services.runtime, batch_id=batch)
    assert list(found.pictures["style"]) == ["flat", "flat"] and "anime" not in set(found.calls["style"])
    likeness = found.tables["likeness"].iloc[0]
    assert (likeness["pictures"], round(likeness["mean"], 3), likeness["lowest"]) == (2, 0.3, 0.2)
    decided = found.tables["approvals"].iloc[0]
    assert (decided["approved"], decided["proposed"], decided["approved_share"]) == (1, 1, 1.0)
    flat = found.tables["cost"].set_index("style").loc["flat"]
    assert (flat["calls"], flat["microusd"]) == (2, 0)
    with studio.services.record.writing() as session:
        session.execute(update(ProviderCall).values(prompt_artifact_id=None))  # as an erasure does
    erased = batch_report(studio.services.runtime, batch_id=batch)
    assert list(erased.calls["style"]) == list(found.calls["style"])
    today = utc_now().date()
    whole = period_report(
        studio.services.runtime, first=today - timedelta(days=1), last=today + timedelta(days=1)
    )
    assert len(whole.pictures) == 3
    empty = period_report(
        studio.services.runtime, first=today.replace(year=2020), last=today.replace(year=2020)
    )
    assert all(table.empty for table in empty.tables.values())
    assert "<h2>" in report_html(studio.services.runtime, empty)[0]


def test_the_page_needs_nothing_names_nobody_and_is_entered(
    studio: StandInStudio, client: TestClient, batch: str
) -> None:
    answer = client.get(f"/batches/{batch}/report.html")
    assert answer.headers["content-disposition"].startswith("attachment")
    page = Addresses(answer.text)
    assert page.tags.count("figure") == 2 and "svg" in page.tags and "script" not in page.tags
    assert [each for each in page.asked if not each.startswith("data:image/")] == []
    words = re.sub(r"data:image/[^\"']+", "", answer.text)  # pictures' base64 may hold any three letters
    assert "Ada" not in words and "Ben" not in words
    with studio.services.record.reading() as session:
        given = [each.what for each in session.query(AuditEntry).filter_by(act="picture.given_out")]
        people = [each.character_id for each in batches.items(session, batch)]
    assert sorted(map(str, given)) == sorted(people)
    assert client.get("/batches/none/report.html").status_code == 404


def test_the_report_of_some_days_opens_from_costs_for_whom_may_read(
    studio: StandInStudio, client: TestClient, batch: str
) -> None:
    form = client.get("/fragments/reports").text
    first, last = re.findall(r'type="date" name="\w+" value="([^"]+)"', form)
    assert (date.fromisoformat(last) - date.fromisoformat(first)).days == 6
    answer = client.get("/reports/period.html", params={"from": last, "to": first})  # in either order
    assert answer.status_code == 200 and "content-disposition" not in answer.headers
    assert "sandbox" in answer.headers["content-security-policy"]
    page = Addresses(answer.text)
    assert "script" not in page.tags and all(each.startswith("data:image/") for each in page.asked)
    assert f"{first} to {last}" in answer.text and len(page.asked) == 2
    with studio.services.record.reading() as session:
        assert session.query(AuditEntry).filter_by(act="picture.given_out").count()
    for wrong in ({}, {"from": "soon", "to": last}, {"from": "2020-01-01", "to": last}):
        assert client.get("/reports/period.html", params=wrong).status_code == 422
    assert ROUTES[("GET", "/reports/period.html")] is READ


def test_the_report_of_a_batch_says_how_it_went_to_somebody_who_was_not_there(studio: StandInStudio) -> None:
    people = [studio.character(name=name, styles=("anime",)) for name in ("Ada", "Ben", "Cem", "Dea")]
    with studio.services.record.writing() as session:
        plan = {"microusd": 156_000}
        pairs = [Candidate(each, "flat") for each in people]
        batch = batches.create(
            session, run_token="u", pairs=pairs, filter={}, plan=plan, budget_microusd=200_000
        )
        batches.start(session, batch.id)
        drawn, *failed, _left = batches.items(session, batch.id)
        batches.set_item(session, drawn.id, state=BatchItemState.DONE)
        for each in failed:
            said = {"error_code": "refused", "error_sentence": "The provider won't draw this."}
            batches.set_item(session, each.id, state=BatchItemState.FAILED, **said)
        batches.finish(session, batch.id, BatchState.CANCELLED)

    found = batch_report(studio.services.runtime, batch_id=batch.id)

    assert found.tables["outcome"].values.tolist() == [
        ["failed", "refused", "The provider won't draw this.", 2],
        ["drawn", "", "", 1],
        ["left", "", "", 1],
    ]
    page = report_html(studio.services.runtime, found)[0]
    assert "Cancelled." in page and "Of 4 pictures planned, 1 drawn, 0 found, 2 failed, 1 left." in page
    assert "Its plan said $0.156, it has a budget of $0.20, and $0.00 is spent" in page
    assert "The provider won&#x27;t draw this." in page and "not over yet" not in page


def test_more_than_a_studio_holds_is_for_the_command_line(
    studio: StandInStudio, client: TestClient, batch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = utc_now().date().isoformat()
    monkeypatch.setattr(handler, "MOST_ROWS", 1)
    answer = client.get("/reports/period.html", params={"from": day, "to": day})
    assert answer.status_code == 422 and "more than 1 calls" in answer.text
    assert "storykin report" in answer.text


def test_parquet_holds_the_same_rows_or_says_what_it_needs(
    studio: StandInStudio, batch: str, tmp_path: Path
) -> None:
    found = batch_report(studio.services.runtime, batch_id=batch)
    if find_spec("pyarrow") is None:  # as in an installation without [parquet]
        with pytest.raises(UsageError, match="parquet") as refused:
            write_parquet(found, tmp_path)
        assert refused.value.code == "no_parquet" and list(tmp_path.glob("*.parquet")) == []
        return
    files = {file.stem: pd.read_parquet(file) for file in write_parquet(found, tmp_path)}
    assert set(files) == {*found.tables, "calls", "pictures"}
    for name, frame in (*found.tables.items(), ("calls", found.calls), ("pictures", found.pictures)):
        assert files[name].astype(object).equals(frame.astype(object).reset_index(drop=True)), name


def test_on_the_command_line_it_is_printed_and_written(
    studio: StandInStudio, batch: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with using_runtime(studio.services.runtime):
        status, out, _said = told(capsys, "report", batch)
        assert (status, "likeness" in out, "flat" in out) == (0, True, True)
        assert told(capsys, "report", batch, "--csv", str(tmp_path / "csv"))[0] == 0
        assert told(capsys, "report", "--from", "soon")[0] == 2
        assert told(capsys, "report", batch, "--html", str(tmp_path / "r.html"), "--pictures", "1")[0] == 0
        assert "usage" in told(capsys, "report", batch, "--from", "2026-01-01")[2]
    with (tmp_path / "csv" / "pictures.csv").open(encoding="utf-8") as file:
        assert [row["identity"] for row in csv.DictReader(file)] == ["0.2", "0.4"]
    assert (tmp_path / "r.html").read_text(encoding="utf-8").count("<figure>") == 1


def test_plots_are_to_scale_and_escape_what_they_say() -> None:
    drawn = bars([("<b>", 4.0), ("half", 2.0)], "x")
    first, second = (float(each) for each in re.findall(r'<rect[^>]*width="([\d.]+)"', drawn))
    assert first == pytest.approx(2 * second, abs=0.1) and "<b>" not in drawn
    heights = [
        float(each) for each in re.findall(r'<rect[^>]*height="([\d.]+)"', histogram([0.0, 1.0, 1.0], "x"))
    ]
    assert sorted(heights)[-2:] == [80.0, 160.0]
    assert histogram([], "x") == ""
