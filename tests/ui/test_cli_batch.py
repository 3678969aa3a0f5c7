"""Batches on the command line: told, begun, steered and exported, as in the studio."""

import csv
import io
import json
from collections.abc import Iterator

import pytest

from db.repositories import orders
from flows.submit import PrefectUnreachable
from tasks.runtime import using_runtime
from tests.support.rows import a_ready_character
from tests.support.studio import StandInStudio
from tests.ui.test_cli_working import told


@pytest.fixture
def people(studio: StandInStudio, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Two characters that lack a picture each; Prefect is away."""

    def away(*_arguments: object, **_more: object) -> str:
        raise PrefectUnreachable("It is away.")

    monkeypatch.setattr("flows.batches.submit_following", away)
    monkeypatch.setattr("flows.batches.cancel_all_waiting", away)
    with studio.services.record.writing() as session:
        ids = [a_ready_character(session, name).id for name in ("Ada", "Ben")]
        orders.add(session, [(each, "flat", 1) for each in ids], run_token="asked")
    with using_runtime(studio.services.runtime):
        yield ids


def test_a_batch_from_its_plan_to_its_export(people: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    plan = json.loads(told(capsys, "batch", "plan", "--json")[1])
    assert (plan["characters"], plan["pictures"]) == (2, {"flat": 2})
    status, out, _ = told(capsys, "batch", "plan", "--id", people[0])
    assert (status, "1 picture of 1 character\n  flat: 1\n" in out) == (0, True)
    status, out, said = told(capsys, "batch", "run", "--detach", "--yes")
    assert (status, "2 left" in out) == (0, True)
    assert "It goes on as soon as Prefect" in said
    assert "batch_under_way" in told(capsys, "batch", "run", "--detach", "--yes")[2]
    (listed,) = json.loads(told(capsys, "batch", "list", "--json")[1])
    assert (listed["state"], listed["left"]) == ("planned", 2)
    assert "paused" in told(capsys, "batch", "pause")[1]
    assert "$12.50" in told(capsys, "batch", "budget", listed["id"][:30], "--usd", "12.50")[1]
    assert told(capsys, "batch", "budget", "--usd", "much")[0] == 2
    assert "planned" in told(capsys, "batch", "resume")[1]
    exported = told(capsys, "batch", "export")[1]
    rows = list(csv.DictReader(io.StringIO(exported)))
    assert [(row["character_id"], row["state"]) for row in rows] == [(each, "pending") for each in people]
    assert "Ada" not in exported
    status, out, said = told(capsys, "batch", "cancel")
    assert (status, "cancelled" in out, "Prefect could not be told" in said) == (0, True, True)
    assert "batch_over" in told(capsys, "batch", "pause")[2]
    assert "no_such_batch" in told(capsys, "batch", "status", "zzz")[2]
