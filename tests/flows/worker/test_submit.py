"""Asking Prefect for a run, over the wire."""

import re
import socket
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from flows import submit
from flows.running import InstanceLock, Running, note
from flows.settings import flow_settings
from tasks.errors import RunTokenUsed
from tests.support.ports import free_port
from tests.support.prefect_server import PrefectServer, use


@pytest.fixture
def settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Set PREFECT_API_URL through this."""
    flow_settings.cache_clear()
    yield monkeypatch
    submit.close()
    flow_settings.cache_clear()


@pytest.fixture
def nobody_there(settings: pytest.MonkeyPatch) -> str:
    url = f"http://127.0.0.1:{free_port()}/api"
    settings.setenv("PREFECT_API_URL", url)
    return url


@pytest.fixture
def server(
    settings: pytest.MonkeyPatch, prefect_server: PrefectServer, stubs: dict[str, str]
) -> Iterator[PrefectServer]:
    use(prefect_server, settings)
    yield prefect_server
    submit.close()


@pytest.mark.server
@pytest.mark.postgres
def test_the_same_token_is_the_same_run_and_carries_ids_only(server: PrefectServer) -> None:
    character, token = str(uuid.uuid4()), uuid.uuid4().hex

    first = submit.submit_character_run(character, ["anime", "flat"], token)
    again = submit.submit_character_run(character, ["anime", "flat"], token)

    assert first == again
    run = server.ask("GET", f"/flow_runs/{first}")
    assert run["parameters"] == {
        "character_id": character,
        "styles": ["anime", "flat"],
        "run_token": token,
        "another": False,
    }
    assert f"character:{character}" in run["tags"]


@pytest.mark.server
@pytest.mark.postgres
@pytest.mark.parametrize(("styles", "another"), [(["anime"], False), (["anime", "flat"], True)])
def test_the_same_token_with_other_choices_is_a_conflict(
    server: PrefectServer, styles: list[str], another: bool
) -> None:
    character, token = str(uuid.uuid4()), uuid.uuid4().hex
    first = submit.submit_character_run(character, ["anime", "flat"], token)

    with pytest.raises(RunTokenUsed):
        submit.submit_character_run(character, styles, token, another=another)

    assert submit.character_runs([token])[token].id == first


@pytest.mark.server
@pytest.mark.postgres
def test_prefect_is_healthy_while_it_runs(server: PrefectServer) -> None:
    submit.check_prefect()


def test_without_prefect_there_is_a_sentence_and_no_hang(nobody_there: str) -> None:
    with pytest.raises(submit.PrefectUnreachable, match=re.escape(nobody_there)) as told:
        submit.submit_character_run(str(uuid.uuid4()), ["anime"], uuid.uuid4().hex)

    assert told.value.code == "prefect_unreachable"
    with pytest.raises(submit.PrefectUnreachable):
        submit.check_prefect()
    submit.close()


def test_links_lead_to_the_dashboard_of_the_server_that_is_set(nobody_there: str) -> None:
    base = nobody_there.removesuffix("/api")

    assert submit.dashboard_url() == f"{base}/dashboard"
    assert submit.dashboard_url(submit.run_page("a-run")) == f"{base}/runs/flow-run/a-run"


def test_with_nothing_set_it_finds_the_storykin_that_runs_here(
    home: Path, settings: pytest.MonkeyPatch
) -> None:
    with pytest.raises(submit.PrefectUnreachable, match="not running here"):
        submit.api_url()
    here = Running(1, "2026-11-22T00:00:00+00:00", "http://s", "http://p", "http://p/api")
    with InstanceLock(home):
        note(home, here)

        assert submit.api_url() == "http://p/api"

    with pytest.raises(submit.PrefectUnreachable, match="not running here"):
        submit.api_url()  # it is gone, whatever up.json says


def test_nobody_is_told_to_start_what_is_starting_or_runs(home: Path, settings: pytest.MonkeyPatch) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        port = listening.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api"  # nobody listens there any more
    with InstanceLock(home):
        with pytest.raises(submit.PrefectUnreachable, match="has not finished starting"):
            submit.check_prefect()
        note(home, Running(1, "2026-11-29T00:00:00+00:00", "http://s", "http://p", url))

        with pytest.raises(submit.PrefectUnreachable, match="starts it again by itself") as told:
            submit.check_prefect()
        assert "Start `storykin up`" not in told.value.sentence
    submit.close()
