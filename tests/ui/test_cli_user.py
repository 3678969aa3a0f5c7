"""`storykin user`, as whoever owns the machine uses it."""

import io
import json
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from db.engine import record
from db.models import Role
from tasks.accounts import passwords, people
from tasks.accounts.sign_in import Browser, SignedIn, sign_in
from ui.cli import main

PASSWORD = "seven green lanterns"


@pytest.fixture(autouse=True)
def _record(home: Path, migrated_record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    (home / "storykin.db").write_bytes(migrated_record.read_bytes())


def storykin(monkeypatch: pytest.MonkeyPatch, *arguments: str, typed: str = "") -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    return main(list(arguments))


def test_people_are_let_in_changed_and_taken_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    anna, ben = "anna@example.org", "ben@example.org"
    assert storykin(monkeypatch, "user", "add", anna, "--name", "Anna", typed=f"{PASSWORD}\n") == 0
    assert storykin(monkeypatch, "user", "add", ben, "--role", "reviewer", typed=f"{PASSWORD}\n") == 0
    entered = sign_in(record(), email=ben, password=PASSWORD, browser=Browser("192.0.2.1", "Firefox 140"))
    assert isinstance(entered, SignedIn) and entered.person.role is Role.REVIEWER
    capsys.readouterr()

    assert storykin(monkeypatch, "user", "list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)["users"]
    assert [(each["email"], each["role"], each["sessions"]) for each in listed] == [
        (anna, "administrator", 0),
        (ben, "reviewer", 1),
    ]
    assert storykin(monkeypatch, "user", "sessions", ben) == 0
    assert "192.0.2.1" in capsys.readouterr().out
    assert storykin(monkeypatch, "user", "role", ben, "operator") == 0
    assert storykin(monkeypatch, "user", "password", ben, typed="eight blue lanterns\n") == 0
    again = sign_in(record(), email=ben, password="eight blue lanterns", browser=Browser("", ""))
    assert isinstance(again, SignedIn)
    assert storykin(monkeypatch, "user", "sessions", ben, "--end") == 0
    assert storykin(monkeypatch, "user", "second-factor", ben, "--off") == 0
    assert "no second factor" in capsys.readouterr().out
    assert storykin(monkeypatch, "user", "disable", ben) == 0
    assert [each.disabled for each in people.everyone(record())] == [False, True]
    assert storykin(monkeypatch, "user", "enable", ben) == 0
    assert storykin(monkeypatch, "user", "remove", ben) == 0
    assert [each.email for each in people.everyone(record())] == [anna]


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (("add", "anna@example.org"), "short\n", "12 to 256 characters"),
        (("add", "anna"), f"{PASSWORD}\n", "no e-mail address"),
        (
            ("add", "anna@example.org", "--role", "reviewer"),
            f"{PASSWORD}\n",
            "first person is an administrator",
        ),
        (("password", "nobody@example.org"), f"{PASSWORD}\n", "Nobody has an account"),
    ],
)
def test_what_can_t_be_is_said_and_nothing_is_changed(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    typed: str,
    said: str,
) -> None:
    assert storykin(monkeypatch, "user", *arguments, typed=typed) == 2
    told = capsys.readouterr()
    assert said in told.err and PASSWORD not in told.err + told.out
    assert people.everyone(record()) == []
