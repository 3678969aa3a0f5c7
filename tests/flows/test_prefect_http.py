"""Asking Prefect: the installation's secret goes to nobody who has not proved to know it."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows import submit
from flows.installation_secret import installation_secret
from flows.prefect_proof import new_challenge, new_ticket, proof_of, ticket_end
from flows.prefect_server.sessions import Sessions
from flows.running import InstanceLock, Running, note
from flows.settings import flow_settings
from tests.support.scripted_server import Answer, ScriptedServer, scripted_server


@pytest.fixture
def settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    flow_settings.cache_clear()
    yield monkeypatch
    submit.close()
    flow_settings.cache_clear()


def said_to(server: ScriptedServer) -> str:
    """Everything that was sent, as one text."""
    return json.dumps([repr(each) for each in server.requests])


@contextmanager
def answering(answer: Answer) -> Iterator[ScriptedServer]:
    """A program that gives one answer to everything."""
    with scripted_server() as server:
        for method in ("GET", "POST"):
            server.on(method, ".*", answer)
        yield server


ANSWERS = [
    Answer(200, {"id": "x", "proof": "0000"}),
    Answer(200, "<html>a web page</html>"),
    Answer(404, {}),
    Answer(401, "who are you?"),
    Answer(200, []),
    Answer(200, {"proof": None}),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda each: f"{each.status} {each.body}")
def test_an_impostor_on_our_port_hears_no_secret_and_gets_no_run(
    home: Path, settings: pytest.MonkeyPatch, answer: Answer
) -> None:
    secret = installation_secret(home)
    with answering(answer) as server, InstanceLock(home):
        url = f"{server.url}/api"
        note(home, Running(1, "2026-11-29T00:00:00+00:00", "http://s", server.url, url))

        with pytest.raises(submit.PrefectUnreachable) as told:
            submit.submit_character_run("0193", ["flat"], "token")

        assert "Another program answers" in told.value.sentence and url in told.value.sentence
        with pytest.raises(submit.PrefectUnreachable):
            submit.check_prefect()
        heard = said_to(server)
    password = secret.partition(":")[2]
    assert server.requests
    assert password not in heard and b64encode(secret.encode()).decode() not in heard
    assert "authorization" not in heard.lower() and "0193" not in heard and "token" not in heard


def test_nobody_is_asked_where_nothing_is_set_and_nothing_runs(
    home: Path, settings: pytest.MonkeyPatch
) -> None:
    with answering(Answer(200, True)) as server:
        settings.setenv("STORYKIN_PREFECT_PORT", server.url.rpartition(":")[2])

        with pytest.raises(submit.PrefectUnreachable, match="storykin up"):
            submit.submit_character_run("0193", ["flat"], "token")

        assert server.requests == []


def test_a_program_that_is_not_prefect_is_named_where_it_was_set(
    home: Path, settings: pytest.MonkeyPatch
) -> None:
    with answering(Answer(200, ["hello"])) as server:
        settings.setenv("PREFECT_API_URL", f"{server.url}/api")

        with pytest.raises(submit.PrefectUnreachable, match=re.escape(f"{server.url}/api")) as told:
            submit.submit_character_run("0193", ["flat"], "token")

        assert "another program" in told.value.sentence


def test_a_proof_is_good_for_one_port_and_one_challenge_alone() -> None:
    challenge = new_challenge()
    proof = proof_of("secret", 4200, challenge)

    assert proof != proof_of("secret", 4201, challenge)  # passed on to a server on another port
    assert proof != proof_of("secret", 4200, new_challenge())
    assert proof != proof_of("another", 4200, challenge)


def test_a_ticket_opens_one_session_once_and_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = Sessions("secret")
    ticket = new_ticket("secret")

    assert sessions.open(new_ticket("another")) is None
    assert sessions.open(ticket + "0") is None
    assert sessions.open("9999999999.x.") is None
    password = sessions.open(ticket)
    assert password is not None and sessions.knows(password)
    assert sessions.open(ticket) is None
    until = ticket_end(ticket, "secret")
    assert until is not None
    monkeypatch.setattr("time.time", lambda: until + 1.0)
    assert ticket_end(ticket, "secret") is None


def test_a_session_ends_when_it_is_idle_for_half_a_day() -> None:
    now = [0.0]
    sessions = Sessions("secret", clock=lambda: now[0])
    password = sessions.open(new_ticket("secret"))
    assert password is not None
    for _ in range(5):
        now[0] += 11 * 3600
        assert sessions.knows(password)
    now[0] += 13 * 3600
    assert not sessions.knows(password)
