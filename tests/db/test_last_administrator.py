"""Two administrators who take each other's place away at the same moment: one of them stays."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from db.engine import Record, Session
from db.models import Account, Role, User
from db.repositories import accounts, identities
from tasks.accounts import people
from tasks.errors import UsageError
from tasks.oidc.accounts import unlink
from tasks.oidc.settings import OidcSettings

ISSUER = "https://login.example.org"
Act = Callable[[Record, str], object]


def demote(record: Record, email: str) -> None:
    people.change_role(record, email=email, role=Role.AUDITOR, by=None, via="x")


def disable(record: Record, email: str) -> None:
    people.disable(record, email=email, by=None, via="x")


def forget(record: Record, email: str) -> None:
    unlink(record, email=email, by=None, via="x")


@pytest.mark.postgres
@pytest.mark.parametrize(("one", "other"), [(demote, demote), (disable, demote), (forget, forget)])
def test_of_two_at_once_one_is_refused(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, one: Act, other: Act
) -> None:
    set_up = OidcSettings(STORYKIN_OIDC_ISSUER=ISSUER, STORYKIN_OIDC_CLIENT_ID="x")
    monkeypatch.setattr("tasks.accounts.people.oidc_settings", lambda: set_up)
    monkeypatch.setattr("tasks.oidc.accounts.oidc_settings", lambda: set_up)
    record = Record(postgres_url)
    both_have_looked, found = Barrier(2, timeout=60), people.found

    def found_by_both(session: Session, email: str) -> tuple[User, Account]:
        there = found(session, email)
        both_have_looked.wait()
        return there

    monkeypatch.setattr(people, "found", found_by_both)
    emails = ("a@example.org", "b@example.org")
    with record.writing() as session:
        for email in emails:
            made = accounts.add(session, email=email, name="A", role=Role.ADMINISTRATOR, password_hash=None)
            assert made is not None
            identities.add(session, user_id=made.user_id, issuer=ISSUER, subject=email)

    def tried(act: Act, email: str) -> str:
        try:
            act(record, email)
        except UsageError as refused:
            return refused.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(tried, (one, other), emails))
    assert said == ["done", "last_administrator"]
    record.close()
