"""The doctor: each line says what it means and what to do, and gives no secret away."""

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from db import migrate
from db.engine import record
from db.ids import utc_now
from db.models import CallKind, CallState, ProviderCall
from flows.deployments import read_deployments
from flows.running import InstanceLock
from tasks.errors import UsageError
from tasks.providers import model_registry
from tests.support.rows import call_at
from tests.support.settings_of_process import forget_settings, settings_of_its_own
from tests.support.web_server import free_socket, serving, url_of
from tests.tasks.conftest import weights
from ui.cli.doctor import doctor
from ui.diagnosis import machine
from ui.diagnosis.check_result import CheckResult, examine
from ui.diagnosis.record import money

__all__ = ["weights"]

Set = Callable[..., None]
KEY = "sk-a-key-that-nobody-may-see"
TOKEN = "r8_atokenthatnobodymaysee"


@pytest.fixture
def settings(home: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Set]:
    """Sets settings for this test alone. Prefect is where nothing listens."""
    monkeypatch.chdir(home)  # no .env of the developer's
    for name in [each for each in os.environ if each.startswith(("STORYKIN_", "R2_", "OPENAI", "REPLICATE"))]:
        if name not in ("STORYKIN_HOME", "STORYKIN_MODELS_DIR"):
            monkeypatch.delenv(name)

    def set_them(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        forget_settings()

    with settings_of_its_own():
        set_them(STORYKIN_PREFECT_PORT="9")
        yield set_them


@pytest.fixture
def on_record(home: Path, migrated_record: Path, settings: Set) -> Set:
    """The same, with a database that is up to date."""
    shutil.copy(migrated_record, home / "storykin.db")
    return settings


def asked(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    """What the doctor says, by name; of several lines of one name the gravest."""
    doctor(as_json=True)
    lines = json.loads(capsys.readouterr().out)
    return {each["name"]: each for each in sorted(lines, key=lambda each: _GRAVITY[each["level"]])}


_GRAVITY = {"ok": 0, "warning": 1, "problem": 2}


def add_call(state: CallState, *, estimate: int, actual: int | None) -> None:
    with record().writing() as session:
        told: dict[str, Any] = {
            "work_key": f"{state}-{estimate}",
            "kind": CallKind.VISION,
            "provider": "openai",
        }
        told |= {"model": "m", "result": {}, "estimate_microusd": estimate, "actual_microusd": actual}
        session.add(ProviderCall(**call_at(state, **told)))


def test_a_sound_installation_has_one_line_for_each_part(
    on_record: Set, capsys: pytest.CaptureFixture[str]
) -> None:
    said = asked(capsys)
    assert [name for name, line in said.items() if line["level"] != "ok"] == ["backup", "prefect"]
    assert {"settings", "keys", "store", "signed links", "record", "models", "clock", "money"} <= set(said)
    assert all(set(line) == {"name", "ok", "level", "sentence"} for line in said.values())


def test_only_problems_make_it_fail(
    on_record: Set, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with prefect(version=None, beats=utc_now()) as url:
        on_record(PREFECT_API_URL=url, OPENAI_API_KEY="short")
        assert doctor(as_json=False) == 0
    told = capsys.readouterr()
    assert "! keys" in told.out and "✗" not in told.out and told.err == ""
    on_record(PREFECT_API_URL="http://127.0.0.1:9/api")
    assert doctor(as_json=False) == 1
    told = capsys.readouterr()
    assert "✗ prefect" in told.out and "needs a hand" in told.err


def test_without_a_database_it_says_so_and_makes_none(
    settings: Set, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = asked(capsys)
    assert not said["record"]["ok"] and "storykin up" in said["record"]["sentence"]
    assert not list(home.glob("*.db"))


def test_older_tables_are_told_from_none(
    on_record: Set, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with record().writing() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = 'ancient'")
    assert "newer" in asked(capsys)["record"]["sentence"]


def test_tables_that_were_begun_and_not_brought_up_to_date(
    on_record: Set, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at = migrate.head()
    monkeypatch.setattr(migrate, "revisions", lambda: (at, "a_later_one"))
    line = asked(capsys)["record"]
    assert not line["ok"] and "older" in line["sentence"] and "storykin up" in line["sentence"]


def test_a_setting_that_makes_no_sense_is_named_and_its_value_is_not(
    on_record: Set, capsys: pytest.CaptureFixture[str]
) -> None:
    on_record(STORYKIN_VISION="crystal-ball-7")
    said = asked(capsys)
    assert "STORYKIN_VISION" in said["settings"]["sentence"]
    assert "crystal-ball-7" not in json.dumps(said)
    assert "store" not in said  # nothing is told of what can't be known


def test_a_wrong_port_is_named_too(on_record: Set, capsys: pytest.CaptureFixture[str]) -> None:
    on_record(STORYKIN_WORKER_LIMIT="many-of-them")
    said = asked(capsys)
    assert "STORYKIN_WORKER_LIMIT" in said["settings"]["sentence"]
    assert "many-of-them" not in json.dumps(said)


@pytest.mark.parametrize(
    ("name", "value", "fine"),
    [
        ("OPENAI_API_KEY", KEY, True),
        ("OPENAI_API_KEY", f'"{KEY}"', False),
        ("OPENAI_API_KEY", TOKEN, False),
        ("REPLICATE_API_TOKEN", TOKEN, True),
        ("REPLICATE_API_TOKEN", f"{TOKEN} ", True),  # what a copy brought along is left out
        ("REPLICATE_WEBHOOK_SECRET", "whsec_c3Rvcnlraw==", True),
        ("REPLICATE_WEBHOOK_SECRET", "whsec_not base64!", False),
    ],
)
def test_keys_are_judged_by_their_shape_and_never_shown(
    on_record: Set, capsys: pytest.CaptureFixture[str], name: str, value: str, fine: bool
) -> None:
    on_record(**{name: value})
    said = asked(capsys)
    assert (said["keys"]["level"] == "ok") is fine
    assert name in said["keys"]["sentence"]
    assert value.strip('" ') not in json.dumps(said)


def test_a_secret_that_is_too_short_to_sign_is_a_problem(
    on_record: Set, capsys: pytest.CaptureFixture[str]
) -> None:
    on_record(STORYKIN_SECRET_KEY="short-one")
    said = asked(capsys)
    assert said["keys"]["level"] == "problem" and "short-one" not in json.dumps(said)


def test_a_model_past_its_day_is_a_problem_that_names_its_successor(
    on_record: Set, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    replicate(on_record, "google/nano-banana")
    line = asked(capsys)["models"]
    assert line["level"] == "problem" and "google/nano-banana-2.1" in line["sentence"]
    _on(monkeypatch, date(2026, 9, 1))
    line = asked(capsys)["models"]
    assert line["level"] == "warning" and "in 31 days" in line["sentence"]
    _on(monkeypatch, date(2026, 7, 1))
    assert asked(capsys)["models"]["level"] == "ok"


def test_a_registry_that_nobody_has_looked_at_for_long_is_said(
    on_record: Set, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    replicate(on_record, "google/nano-banana-2.1")
    assert asked(capsys)["models"]["level"] == "ok"
    _on(monkeypatch, model_registry.registry_checked_on() + timedelta(days=120))
    line = asked(capsys)["models"]
    assert line["level"] == "warning" and "120 days" in line["sentence"]


def test_a_model_that_is_not_in_the_registry_is_a_problem(
    on_record: Set, capsys: pytest.CaptureFixture[str]
) -> None:
    replicate(on_record, "somebody/something")
    line = asked(capsys)["settings"]
    assert line["level"] == "problem" and "google/nano-banana-2.1" in line["sentence"]


def replicate(settings: Set, slug: str) -> None:
    settings(
        STORYKIN_IMAGE="replicate",
        REPLICATE_API_TOKEN=TOKEN,
        REPLICATE_BASE_URL="http://127.0.0.1:9",
        STORYKIN_IMAGE_MODEL=slug,
    )


def _on(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    monkeypatch.setattr(model_registry, "today", lambda: day)
    monkeypatch.setattr("ui.diagnosis.models.today", lambda: day)


@pytest.mark.parametrize(
    ("chosen", "level"),
    [
        ({}, "ok"),
        ({"STORYKIN_IMAGE": "in-house,local", "STORYKIN_INHOUSE_URL": "http://127.0.0.1:9/v1"}, "ok"),
        ({"STORYKIN_IMAGE": "local,replicate", "REPLICATE_API_TOKEN": TOKEN}, "warning"),
        ({"STORYKIN_VISION": "openai", "OPENAI_API_KEY": KEY}, "warning"),
    ],
)
def test_a_limit_is_asked_for_where_something_charges(
    on_record: Set, chosen: dict[str, str], level: str
) -> None:
    on_record(**chosen)
    (told,) = money()
    assert told.level == level
    assert ("STORYKIN_DAILY_BUDGET_USD" in told.sentence) is (level == "warning")


def test_money_is_told_with_what_is_possibly_paid(on_record: Set, capsys: pytest.CaptureFixture[str]) -> None:
    add_call(CallState.RECORDED, estimate=50_000, actual=40_000)
    assert asked(capsys)["money"]["level"] == "ok"
    on_record(STORYKIN_DAILY_BUDGET_USD="0.05")
    assert "nearly" in asked(capsys)["money"]["sentence"]
    add_call(CallState.UNKNOWN, estimate=30_000, actual=None)
    doctor(as_json=True)
    said = [each["sentence"] for each in json.loads(capsys.readouterr().out) if each["name"] == "money"]
    assert "$0.04 spent and $0.03 reserved" in said[0] and "midnight" in said[0]
    assert "possibly paid" in said[1] and "1." in said[1]


@pytest.mark.parametrize(
    ("ahead", "level"), [(0, "ok"), (30, "warning"), (300, "problem"), (-300, "problem")]
)
def test_the_clock_is_held_against_the_providers(
    on_record: Set, capsys: pytest.CaptureFixture[str], ahead: int, level: str
) -> None:
    with clock_that_is(ahead) as url:
        on_record(
            STORYKIN_IMAGE="replicate",
            REPLICATE_API_TOKEN=TOKEN,
            REPLICATE_BASE_URL=url,
        )
        line = asked(capsys)["clock"]
    assert line["level"] == level
    if ahead:
        assert ("behind" if ahead > 0 else "ahead of") in line["sentence"]


def test_a_provider_that_does_not_answer_tells_no_time(
    on_record: Set, capsys: pytest.CaptureFixture[str]
) -> None:
    replicate(on_record, "google/nano-banana-2.1")
    assert asked(capsys)["clock"]["level"] == "warning"


@contextmanager
def clock_that_is(ahead: int) -> Iterator[str]:
    """A server whose Date header is that many seconds ahead of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            told.append(dict(self.headers))
            self.send_response_only(404)
            self.send_header("Date", format_datetime(utc_now() + timedelta(seconds=ahead), usegmt=True))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    told: list[dict[str, str]] = []
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
        assert told and not any("Authorization" in headers for headers in told)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(120)


@contextmanager
def prefect(*, version: str | None, beats: Any) -> Iterator[str]:
    """A Prefect server that knows our deployments in `version` (None: the right one)."""
    app = FastAPI()
    ours = {each.full_name: each.version for each in read_deployments()}

    @app.get("/api/health")
    def health() -> bool:
        return True

    @app.get("/api/deployments/name/{flow}/{name}")
    def deployment(flow: str, name: str) -> dict[str, str]:
        return {"version": version or ours[f"{flow}/{name}"], "work_pool_name": "storykin"}

    @app.post("/api/work_pools/storykin/workers/filter")
    def workers() -> list[dict[str, str]]:
        return [{"last_heartbeat_time": beats.isoformat()}]

    listening = free_socket()
    with serving(app, listening):
        yield f"{url_of(listening)}/api"


def test_prefect_knows_the_work_and_a_worker_is_there(
    on_record: Set, capsys: pytest.CaptureFixture[str]
) -> None:
    with prefect(version=None, beats=utc_now()) as url:
        on_record(PREFECT_API_URL=url)
        said = asked(capsys)
    assert said["prefect"]["ok"] and said["deployments"]["ok"] and said["worker"]["ok"]


def test_old_deployments_and_a_silent_worker_are_told(
    on_record: Set, capsys: pytest.CaptureFixture[str]
) -> None:
    with prefect(version="last year's", beats=utc_now() - timedelta(hours=1)) as url:
        on_record(PREFECT_API_URL=url)
        said = asked(capsys)
    assert said["prefect"]["ok"]
    assert "generate-character/storykin" in said["deployments"]["sentence"]
    assert not said["deployments"]["ok"] and not said["worker"]["ok"]


def test_where_storykin_runs_nobody_is_told_to_start_it(
    home: Path, on_record: Set, capsys: pytest.CaptureFixture[str]
) -> None:
    with prefect(version=None, beats=utc_now() - timedelta(hours=1)) as url, InstanceLock(home):
        on_record(PREFECT_API_URL=url)
        said = asked(capsys)
    assert not said["worker"]["ok"]
    assert "start `storykin up`" not in said["worker"]["sentence"] and "logs" in said["worker"]["sentence"]


def test_a_store_that_can_not_be_written_to_is_told(
    on_record: Set, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "store").write_text("a file where the folder should be")
    said = asked(capsys)
    assert not said["store"]["ok"]


def test_little_room_is_told(
    on_record: Set, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "LITTLE_ROOM", 2**62)
    assert asked(capsys)["data folder"]["level"] == "warning"


def test_a_check_that_breaks_stops_no_other_and_keeps_what_it_had_said() -> None:
    def breaks() -> Iterator[CheckResult]:
        yield from machine.python()
        raise ZeroDivisionError("a secret")

    said = examine({"broken": breaks, "python": machine.python})
    assert [each.ok for each in said] == [True, False, True]
    assert "a secret" not in said[1].sentence


def test_an_amount_that_is_none_is_wrong_usage(on_record: Set) -> None:
    for amount in (-1.0, float("nan"), float("inf")):
        with pytest.raises(UsageError):
            doctor(as_json=True, live=True, spend_usd=amount)


def test_with_the_local_engine_alone_nothing_is_live(
    on_record: Set, capsys: pytest.CaptureFixture[str]
) -> None:
    doctor(as_json=True, live=True)
    live = [each for each in json.loads(capsys.readouterr().out) if each["name"] == "live"]
    assert live[0]["ok"] and "nothing live to check" in live[0]["sentence"]
