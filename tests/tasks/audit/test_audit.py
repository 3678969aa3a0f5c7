"""The audit log: it is added to with what it tells of, and whoever puts a hand to it is found out."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError

from db.audit.acts import AuditAct
from db.audit.append import append
from db.audit.witness import NoWitness
from db.engine import Record, close_records, record
from db.models import AuditEntry, User
from db.repositories import audit, users
from tasks.audit.keys import own_key, trust
from tasks.audit.resume import resume
from tasks.audit.verify import AuditReport, verify
from tasks.errors import UsageError
from tests.db.conftest import url
from tests.support.postgres import postgres_server, postgres_url
from tests.support.settings_of_process import settings_of_its_own
from ui.cli.audit import export

__all__ = ["postgres_server", "postgres_url", "url"]


@pytest.fixture
def log(home: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    """This installation's own record, on either database."""
    monkeypatch.setenv("DATABASE_URL", url)
    yield record()


@pytest.fixture
def file(home: Path, migrated_record: Path) -> Iterator[Path]:
    """The database file of this installation."""
    yield Path(shutil.copy(migrated_record, home / "storykin.db"))


def enter(log: Record, *numbers: int) -> None:
    for number in numbers:
        with log.writing() as session:
            append(session, AuditAct.SIGNED_IN, by=f"user-{number}", data={"number": number})


def faults(report: AuditReport) -> list[tuple[str, int]]:
    return [(each.fault.value, each.sequence) for each in report.findings]


def by_hand(file: Path, *statements: str) -> None:
    """What somebody does who can write to the database and knows how to get rid of its guards."""
    with sqlite3.connect(file) as database:
        for table in ("audit_entries", "audit_heads"):
            for event in ("update", "delete"):
                database.execute(f"DROP TRIGGER IF EXISTS guard_{table}_{event}")
        for statement in statements:
            database.execute(statement)
    database.close()


def test_an_entry_says_who_did_what_and_its_chain_is_whole(log: Record) -> None:
    with log.writing() as session:
        append(session, AuditAct.CONSENT_GIVEN, by="u-1", what="c-1", data={"role": "parent", "n": [1, True]})
        append(session, AuditAct.HOLD_PLACED, by=None, via="operator", what="c-1")
    with log.reading() as session:
        second, first = audit.newest(session, limit=9, what="c-1")
    assert (first.who, first.act, first.what) == ("u-1", "consent.given", "c-1")
    assert first.data == {"role": "parent", "n": [1, True]}
    assert (second.who, second.sequence, second.previous) == ("operator", 2, first.digest)
    report = verify(log)
    assert (report.ok, report.entries, report.watched_since) == (True, 2, 2)


def test_an_act_that_comes_to_nothing_is_not_entered(log: Record) -> None:
    with pytest.raises(ZeroDivisionError), log.writing() as session:
        users.ensure_operator(session)
        append(session, AuditAct.USER_MADE, by=None)
        _ = 1 // 0
    with log.reading() as session:
        assert session.scalars(select(User)).all() == []
    assert verify(log).entries == 0


def test_many_at_once_make_one_chain(log: Record) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: enter(log, number), range(40)))
    report = verify(log)
    assert (report.ok, report.entries) == (True, 40)


def test_the_database_itself_lets_nobody_change_an_entry(log: Record) -> None:
    enter(log, 1, 2)
    for statement in (
        update(AuditEntry).values(who="nobody"),
        delete(AuditEntry),
        text("UPDATE audit_heads SET sequence = 1"),
        text("DELETE FROM audit_heads"),
    ):
        with pytest.raises(IntegrityError), log.writing() as session:
            session.execute(statement)
    assert verify(log).ok


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (["UPDATE audit_entries SET who = 'x' WHERE sequence = 2"], [("changed", 2)]),
        (["UPDATE audit_entries SET data = '{\"number\": 9}' WHERE sequence = 5"], [("changed", 5)]),
        (["UPDATE audit_entries SET at = '2020-01-01 00:00:00.000000' WHERE sequence = 1"], [("changed", 1)]),
        (["DELETE FROM audit_entries WHERE sequence = 3"], [("missing", 4)]),
        (
            [
                "UPDATE audit_entries SET sequence = 99 WHERE sequence = 2",
                "UPDATE audit_entries SET sequence = 2 WHERE sequence = 3",
                "UPDATE audit_entries SET sequence = 3 WHERE sequence = 99",
            ],
            [("unchained", 2), ("changed", 2), ("unchained", 3), ("changed", 3), ("unchained", 4)],
        ),
        (["DELETE FROM audit_entries WHERE sequence = 5"], [("head", 5), ("shorter", 5)]),
        (["DELETE FROM audit_entries", "DELETE FROM audit_heads"], [("shorter", 5)]),
        (["UPDATE audit_entries SET seal = digest WHERE sequence = 4"], [("forged", 4)]),
        (["UPDATE audit_entries SET seal = '', key_id = '' WHERE sequence = 4"], [("unsealed", 4)]),
    ],
    ids=["who", "data", "time", "deleted", "reordered", "tail", "all", "seal", "no seal"],
)
def test_whoever_writes_to_the_database_is_found_out(
    file: Path, statements: list[str], expected: list[tuple[str, int]]
) -> None:
    enter(record(), 1, 2, 3, 4, 5)
    by_hand(file, *statements)
    assert faults(verify(record())) == expected


def test_a_chain_that_was_made_anew_in_the_database_has_no_seal_of_ours(file: Path) -> None:
    enter(record(), 1, 2, 3)
    forger = Record(f"sqlite:///{file}?mode=rw")  # another program: it has the database and not the key
    by_hand(file, "DELETE FROM audit_entries", "DELETE FROM audit_heads")
    enter(forger, 7, 8, 9)
    forger.close()
    found = faults(verify(record()))
    assert found == [("unsealed", 1), ("unsealed", 2), ("unsealed", 3), ("other", 3)]


def test_yesterdays_database_is_told_and_gone_on_with_in_the_open(file: Path, tmp_path: Path) -> None:
    enter(record(), 1, 2)
    yesterday = tmp_path / "yesterday.db"
    with sqlite3.connect(file) as database:
        database.execute("VACUUM INTO ?", [str(yesterday)])
    enter(record(), 3, 4, 5)
    record().close()
    for each in file.parent.glob("storykin.db*"):
        each.unlink()
    shutil.copy(yesterday, file)
    report = verify(record())
    assert faults(report) == [("shorter", 5)]
    assert "ends at entry 2" in report.findings[0].sentence
    enter(record(), 6, 7, 8, 9)  # work goes on, and the log does not pass over what was lost
    assert faults(verify(record())) == [("other", 5)]
    resume(record(), by=None, via="operator", reason="the disk broke")
    report = verify(record())
    assert report.ok
    assert any("had seen entry 5" in each for each in report.remarks)
    enter(record(), 10)
    assert verify(record()).ok
    by_hand(file, "DELETE FROM audit_entries WHERE sequence = 8")
    by_hand(file, "UPDATE audit_heads SET sequence = 7")
    assert ("shorter", 8) in faults(verify(record()))


def test_a_note_that_was_tampered_with_is_told(file: Path, home: Path) -> None:
    enter(record(), 1, 2, 3)
    note = home / "audit" / "head.json"
    told: dict[str, Any] = json.loads(note.read_text())
    note.write_text(json.dumps(told | {"sequence": 2}))
    enter(record(), 4)
    assert faults(verify(record())) == [("note", 0)]


def test_a_note_that_cannot_be_written_stops_nobody(
    file: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(record(), 1)

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("db.audit.witness.write_anchor", full)
        enter(record(), 2)
    report = verify(record())
    assert (report.ok, report.entries) == (True, 2)


def test_the_key_is_its_owners_alone_and_not_in_the_database(file: Path, home: Path) -> None:
    enter(record(), 1)
    key = home / "audit" / "seal.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.read_bytes() not in file.read_bytes()


def test_an_entry_holds_nothing_that_databases_write_differently(log: Record) -> None:
    with pytest.raises(ValueError, match="whole numbers"), log.writing() as session:
        append(session, AuditAct.BUDGET_CHANGED, by=None, data={"usd": 1.5})


def test_an_export_holds_what_a_digest_is_taken_of(file: Path, tmp_path: Path) -> None:
    enter(record(), 1, 2)
    assert export(str(tmp_path / "log.jsonl")) == 0
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [each["act"] for each in lines] == ["session.signed_in", "session.signed_in", "audit.exported"]
    assert lines[1]["previous"] == lines[0]["digest"]
    assert lines[2]["who"].startswith("command line:")


# ---------- Keys of other machines ----------


@contextmanager
def on_machine(home: Path, url: str) -> Iterator[Record]:
    """The same database from another data folder, which has a key of its own."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("STORYKIN_HOME", str(home))
        patched.setenv("DATABASE_URL", url)
        with settings_of_its_own():
            close_records()
            yield record()
            close_records()


def forge(database: Record, key_id: str) -> None:
    """What somebody enters who has the database and no key: a whole entry, with a seal out of thin air."""

    class Forger(NoWitness):
        pass

    Forger.key_id = key_id
    with database.writing() as session:
        audit.append(session, audit.Act(who="u-1", act="consent.given", what="c-1"), Forger())


def test_an_entry_with_a_key_that_nobody_made_known_is_found(file: Path) -> None:
    enter(record(), 1, 2)
    forger = Record(f"sqlite:///{file}?mode=rw")
    forge(forger, "0123456789abcdef")
    forge(forger, "0123456789abcdef")
    forge(forger, "\x1b[2J")
    forger.close()
    enter(record(), 3)
    report = verify(record())
    assert faults(report) == [("unknown_key", 3), ("unknown_key", 5)]
    assert "2 entries" in report.findings[0].sentence and "0123456789abcdef" in report.findings[0].sentence
    assert "\x1b" not in report.findings[1].sentence


def test_a_forged_entry_makes_no_key_known(file: Path) -> None:
    enter(record(), 1)
    ours = own_key(record())
    forger = Record(f"sqlite:///{file}?mode=rw")

    class Liar(NoWitness):
        key_id = ours

    with forger.writing() as session:
        told = {"key": "0123456789abcdef", "keys": ["0123456789abcdef"]}
        audit.append(session, audit.Act(who="system", act="audit.key_trusted", data=told), Liar())
        audit.append(session, audit.Act(who="system", act="audit.resumed", data=told), Liar())
    forge(forger, "0123456789abcdef")
    forger.close()
    assert ("unknown_key", 4) in faults(verify(record()))


def test_machines_that_were_made_known_are_believed(log: Record, url: str, tmp_path: Path) -> None:
    enter(log, 1)
    first = own_key(log)
    with on_machine(tmp_path / "second", url) as there:
        enter(there, 2)
        second = own_key(there)
        assert ("unknown_key", 1) in faults(verify(there))
    with on_machine(tmp_path / "third", url) as there:
        third = own_key(there)
        assert trust(there, key_id=first, by=None, via="command line")
    log = record()
    assert faults(verify(log)) == [("unknown_key", 2), ("unknown_key", 3)]
    assert trust(log, key_id=second, by="u-1", via="command line")
    assert trust(log, key_id=third, by="u-1", via="command line")
    assert not trust(log, key_id=third, by="u-1", via="command line")
    report = verify(log)
    assert report.ok and any(second in each for each in report.remarks)
    with on_machine(tmp_path / "third", url) as there:
        assert verify(there).ok  # what the first has made known is known
    for wrong in (first, "", "not a key", second.upper() + "0"):
        with pytest.raises(UsageError):
            trust(record(), key_id=wrong, by=None, via="command line")


def test_the_past_of_a_lost_data_folder_is_believed_up_to_where_it_was_gone_on(
    file: Path, home: Path, tmp_path: Path
) -> None:
    enter(record(), 1, 2)
    old = own_key(record())
    with on_machine(tmp_path / "new", f"sqlite:///{file}") as there:
        assert faults(verify(there)) == [("unknown_key", 1)]
        resume(there, by=None, via="operator", reason="the disk broke")
        enter(there, 3)
        assert verify(there).ok
        forger = Record(f"sqlite:///{file}?mode=rw")
        forge(forger, old)
        forger.close()
        assert faults(verify(there)) == [("unknown_key", 5)]
