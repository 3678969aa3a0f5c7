"""Tokens of programs: in whose name they speak, what they may do, and when they are good for nothing."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from db.audit.acts import AuditAct
from db.audit.append import append
from db.engine import Record
from db.ids import utc_now
from db.models import Account, Role
from db.repositories import accounts, audit, clock
from tasks.accounts import people
from tasks.accounts.tokens import BELOW, add_token, find, revoke_token, standing, tokens
from tasks.errors import UsageError
from tests.support.runtimes import open_runtime
from ui.access import AccessMiddleware
from ui.acting import acting, acting_id, acting_person
from ui.authentication import Authenticator
from ui.permissions import ROLES

WHO = "anna@example.org"


@pytest.fixture
def kept(tmp_path: Path, migrated_record: Path) -> Iterator[Record]:
    with open_runtime(tmp_path, migrated_record) as runtime:
        with runtime.record.writing() as session:
            accounts.add(session, email=WHO, name="Anna", role=Role.OPERATOR, password_hash=None)
        yield runtime.record


def a_token(kept: Record, role: Role | None = None, days: int = 30) -> str:
    if role is Role.AUDITOR:  # who is one themselves
        with kept.writing() as session:
            session.execute(update(Account).values(role=role))
    return add_token(kept, email=WHO, name="the shop", role=role, days=days, by=None, via="operator")[0]


def test_a_token_speaks_for_its_owner_with_its_own_role(kept: Record) -> None:
    token = a_token(kept, Role.AUDITOR)
    person = find(kept, token)
    assert person is not None
    assert (person.name, person.role) == ("Anna", Role.AUDITOR)
    (listed,) = tokens(kept, email=WHO)
    assert (listed.state, listed.name, listed.role) == ("good", "the shop", Role.AUDITOR)
    assert listed.last_used_at is not None
    assert find(kept, token[:-1]) is None
    assert find(kept, "") is None


def test_the_record_holds_no_token(kept: Record, tmp_path: Path) -> None:
    token = a_token(kept)
    assert find(kept, token)
    for file in tmp_path.glob("record.db*"):
        assert token.encode() not in file.read_bytes()


def test_no_token_is_above_its_owner(kept: Record) -> None:
    with pytest.raises(UsageError) as refused:
        a_token(kept, Role.ADMINISTRATOR)
    assert refused.value.code == "role_too_high"
    token = a_token(kept)
    with kept.writing() as session:
        session.execute(update(Account).values(role=Role.REVIEWER))
    assert find(kept, token) is None


def test_what_is_below_what_is_what_the_permissions_say() -> None:
    for owner in Role:
        assert BELOW[owner] == {each for each in Role if ROLES[each] <= ROLES[owner]}


def test_a_token_ends_when_it_is_revoked_or_its_owner_is_sent_away(kept: Record) -> None:
    first, second = a_token(kept), a_token(kept)
    newest = tokens(kept)[0].token_id
    revoke_token(kept, beginning=newest, by="u-1", via="operator")
    revoke_token(kept, beginning=newest, by="u-1", via="operator")
    assert find(kept, second) is None
    assert find(kept, first) is not None
    with kept.writing() as session:
        (entered,) = audit.newest(session, limit=9, act=AuditAct.TOKEN_REVOKED)
        assert (entered.who, entered.data) == ("u-1", {"token": newest})
        found = accounts.by_email(session, WHO)
        assert found
        found[1].disabled_at = found[1].created_at
    assert find(kept, first) is None
    with pytest.raises(UsageError):
        revoke_token(kept, beginning="", by=None, via="operator")


@pytest.mark.parametrize("act", ["a new password", "signed out everywhere"])
def test_no_token_outlives_what_its_owner_ends_everything_with(kept: Record, act: str) -> None:
    with kept.writing() as session:
        accounts.add(session, email="b@example.org", name="B", role=Role.OPERATOR, password_hash=None)
    others = add_token(kept, email="b@example.org", name="the press", by=None, via="operator")[0]
    mine = [a_token(kept), a_token(kept)]
    if act == "a new password":
        people.change_password(kept, email=WHO, password="eight blue lanterns", by="u-1", via="operator")
    else:
        people.end_sessions(kept, email=WHO, by="u-1", via="operator")
    assert [find(kept, each) for each in mine] == [None, None]
    assert find(kept, others)
    with kept.reading() as session:
        told = audit.newest(session, limit=9, act=AuditAct.TOKEN_REVOKED)
    assert {each.who for each in told} == {"u-1"}
    assert {each.data["token"] for each in told} == {each.token_id for each in tokens(kept, email=WHO)}


def test_a_token_expires_by_the_clock_that_is_never_set(
    kept: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = a_token(kept, days=1)
    monkeypatch.setattr(clock, "steady", lambda _session: utc_now() + timedelta(hours=23))
    assert find(kept, token)
    monkeypatch.setattr(clock, "steady", lambda _session: utc_now() + timedelta(hours=25))
    assert find(kept, token) is None
    assert tokens(kept)[0].state == "expired"


def test_what_a_program_has_open_ends_with_its_token(kept: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    people_of = [find(kept, a_token(kept, days=each)) for each in (30, 30, 1)]
    good, revoked, short = [each.token_id for each in people_of if each and each.token_id]
    assert standing(kept, {good, revoked, short}) == {good, revoked, short}
    revoke_token(kept, beginning=revoked, by=None, via="operator")
    assert standing(kept, {good, revoked, short}) == {good, short}
    monkeypatch.setattr(clock, "steady", lambda _session: utc_now() + timedelta(hours=25))
    assert standing(kept, {good, revoked, short}) == {good}
    with kept.writing() as session:
        session.execute(update(Account).values(role=Role.REVIEWER))
    assert standing(kept, {good}) == set()


def test_a_stream_of_a_program_is_ended_when_its_token_is_revoked(kept: Record) -> None:
    token = a_token(kept, Role.AUDITOR)
    begun = threading.Event()

    async def endless(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"here", "more_body": True})
        begun.set()
        await asyncio.Event().wait()

    guarded = AccessMiddleware(endless, Authenticator(kept))
    guarded._streams.every_seconds = 0.02

    def revoke() -> None:
        assert begun.wait(120)
        revoke_token(kept, beginning=tokens(kept)[0].token_id, by=None, via="operator")

    client = TestClient(guarded, base_url="http://127.0.0.1:7860")
    revoking = threading.Thread(target=revoke)
    revoking.start()
    assert client.get("/api/live", headers={"Authorization": f"Bearer {token}"}).text == "here"
    revoking.join()


def test_the_audit_log_tells_a_program_from_its_owner(kept: Record) -> None:
    a_token(kept)
    by_program = find(kept, a_token(kept))
    assert by_program
    with acting(by_program), kept.writing() as session:
        append(session, AuditAct.ACCESS_EXPORTED, by=acting_id(), what="c-1", data={"rows": 1})
    with kept.writing() as session:
        append(session, AuditAct.ACCESS_EXPORTED, by=by_program.user_id, what="c-1", data={"rows": 1})
    with kept.reading() as session:
        person, program = audit.newest(session, limit=2, act=AuditAct.ACCESS_EXPORTED)
    assert person.who == program.who == by_program.user_id
    assert (person.data, program.data) == ({"rows": 1}, {"rows": 1, "token": by_program.token_id})


def test_an_expired_token_is_not_good_again_after_a_start_with_a_clock_that_is_behind(
    kept: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = utc_now()

    def started(boot: str, wall: datetime, running: timedelta) -> None:
        monkeypatch.setattr(clock, "utc_now", lambda: wall)
        monkeypatch.setattr(clock, "_this_boot", lambda: (boot, running))

    started("first", day, timedelta(hours=1))
    old = a_token(kept, days=1)
    started("first", day + timedelta(days=3), timedelta(days=3, hours=1))
    a_token(kept, days=30)  # on record: it is three days later
    assert find(kept, old) is None
    started("second", day, timedelta(minutes=1))
    assert find(kept, old) is None
    new = a_token(kept, days=1)
    assert find(kept, old) is None and find(kept, new)
    started("second", day, timedelta(days=1, minutes=2))  # and time goes on
    assert find(kept, new) is None


@pytest.mark.parametrize("days", [0, 366])
def test_no_token_is_for_ever(kept: Record, days: int) -> None:
    with pytest.raises(UsageError):
        a_token(kept, days=days)


def test_a_program_asks_our_routes_and_not_gradios(kept: Record) -> None:
    def who(_request: Request) -> PlainTextResponse:
        return PlainTextResponse(acting_person().name)

    paths = ["/fragments/characters", "/api/intake/start", "/studio/", "/studio/gradio_api/queue/join"]
    app = Starlette(routes=[Route(path, who, methods=["GET", "POST"]) for path in paths])
    asked = AccessMiddleware(app, Authenticator(kept))
    token = {"Authorization": f"Bearer {a_token(kept, Role.AUDITOR)}"}
    with TestClient(asked, base_url="http://127.0.0.1:7860", follow_redirects=False) as client:
        assert client.get(paths[0], headers=token).text == "Anna"
        assert client.post(paths[1], headers=token).status_code == 403
        assert client.get(paths[0]).status_code == 401
        assert client.get(paths[0], headers={"Authorization": "Bearer storykin_x"}).status_code == 401
        assert client.get(paths[2], headers=token).status_code == 401
        assert client.post(paths[3], headers=token).status_code == 401
