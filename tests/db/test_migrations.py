"""Migrations: up, down and up again with data, one at a time, and never apart from the models."""

import io
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.command import upgrade as alembic_upgrade
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Inspector, inspect, select, text
from sqlalchemy.orm import Session

from db import migrate
from db.audit.acts import AuditAct
from db.audit.append import append
from db.engine import Record, make_engine
from db.errors import MigrationFailed, RecordAway, RecordError, RecordReadOnly, RecordTooNew
from db.models import (
    Base,
    CallKind,
    ConsentMeans,
    ConsentRole,
    ErasureReason,
    LinkAnswer,
    LinkPurpose,
    ProviderCall,
    Role,
)
from db.models.search import FTS_TABLES, GRAMS_INDEX, is_described
from db.repositories import (
    accounts,
    api_tokens,
    calls,
    characters,
    claims,
    consents,
    customer_links,
    erasures,
    events,
    identities,
    images,
    orders,
    profiles,
    saved_views,
    second_factors,
    spending,
)
from db.settings import PROJECT
from tests.support.postgres import PostgresServer
from tests.support.racing import race_processes
from tests.support.rows import CONTENT, a_picture, a_ready_character

TABLES = set(Base.metadata.tables)


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = make_engine(url)
    with engine.connect().execution_options(storykin_write=True) as connection:
        yield connection
    engine.dispose()


def tables_of(url: str) -> set[str]:
    with connected(url) as connection:
        return set(inspect(connection).get_table_names()) - FTS_TABLES


def test_up_down_and_up_again_with_data_in_it(blank_url: str) -> None:
    for _ in range(2):
        assert migrate.upgrade(blank_url) is True
        assert tables_of(blank_url) == TABLES | {"alembic_version"}
        fill(blank_url)
        migrate.downgrade(blank_url)
        assert tables_of(blank_url) == {"alembic_version"}
        assert migrate.current(blank_url) is None


def fill(url: str) -> None:
    record = Record(url)
    with record.writing() as session:
        character = a_ready_character(session)
        image = a_picture(session, character.id)
        images.select(session, image.id, actor="system")  # a person's act has no way back
        claims.claim(
            session,
            work_key="k",
            kind=CallKind.IMAGE,
            provider="local",
            model="m",
            estimate_microusd=0,
            owner="test",
            lease_seconds=1,
            character_id=character.id,
        )
    with record.reading() as session:
        assert characters.page(session).total == 1
        assert len(events.timeline(session, character.id)) == 5
    record.close()


def test_downgrading_leaves_no_function_or_trigger_behind(blank_url: str) -> None:
    def left_over() -> list[str]:
        if "sqlite" in blank_url:
            query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        else:
            query = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        with connected(blank_url) as connection:
            return list(connection.scalars(text(query)))

    migrate.upgrade(blank_url)
    assert left_over() != []
    migrate.downgrade(blank_url)
    assert left_over() == []


def test_alembic_sees_no_difference_between_the_models_and_the_tables(url: str) -> None:
    with connected(url) as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": is_described}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_what_alembic_does_not_compare_is_the_same_too(url: str, blank_url_like: str) -> None:
    """Checks, partial indexes, names and what a deletion does: by looking at two real databases."""
    with connected(blank_url_like) as connection:
        Base.metadata.create_all(connection)
        connection.commit()
    assert described(url) == described(blank_url_like)


@pytest.fixture
def blank_url_like(url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A blank database of the same kind as `url`."""
    if "sqlite" in url:
        yield f"sqlite:///{tmp_path / 'blank.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database(template="template0") as blank:
        yield blank


def described(url: str) -> dict[str, dict[str, Any]]:
    with connected(url) as connection:
        inspector = inspect(connection)
        return {table: description(inspector, table) for table in TABLES}


def description(inspector: Inspector, table: str) -> dict[str, Any]:
    columns = inspector.get_columns(table)
    return {
        "columns": sorted((c["name"], str(c["type"]), c["nullable"], c["default"]) for c in columns),
        "key": inspector.get_pk_constraint(table),
        "references": sorted(map(flat, inspector.get_foreign_keys(table))),
        "unique": sorted(map(flat, inspector.get_unique_constraints(table))),
        "checks": sorted(map(flat, inspector.get_check_constraints(table))),
        "indexes": sorted(flat(each) for each in inspector.get_indexes(table) if each["name"] != GRAMS_INDEX),
    }


def flat(constraint: Any) -> list[tuple[str, str]]:
    """A reflected constraint as something that sorts and compares, its SQL on one line."""
    options = {key: str(value) for key, value in constraint.get("dialect_options", {}).items()}
    plain = {**constraint, "dialect_options": options}
    return sorted((key, " ".join(str(value).split())) for key, value in plain.items())


def test_a_lost_check_or_partial_index_would_be_seen(url: str) -> None:
    """The comparison above is worth something: both kinds are really in what it compares."""
    seen = described(url)
    assert len(seen["characters"]["checks"]) == 5
    partial = [index for index in seen["character_images"]["indexes"] if "is_selected" in str(index)]
    assert len(partial) == 1


def test_the_quick_reader_of_revisions_agrees_with_alembic() -> None:
    scripts = ScriptDirectory(str(migrate.SCRIPTS))
    assert migrate.revisions() == tuple(script.revision for script in scripts.walk_revisions())[::-1]
    assert migrate.head() == scripts.get_current_head()


def upgrade_in_another_process(url: str) -> str:
    return str(migrate.upgrade(url))


def test_of_many_processes_that_start_at_once_one_migrates(blank_url: str) -> None:
    outcomes = race_processes(4, upgrade_in_another_process, blank_url)
    assert set(outcomes) <= {"True", "False"}
    assert "True" in outcomes
    assert migrate.is_current(blank_url)
    fill(blank_url)


def test_when_there_is_nothing_to_do_alembic_is_not_even_loaded(url: str) -> None:
    probe = (
        "import sys; from db import migrate; "
        f"assert migrate.upgrade({url!r}) is False; "
        "assert not [name for name in sys.modules if name.startswith(('alembic', 'prefect', 'mako'))]"
    )
    subprocess.run([sys.executable, "-c", probe], check=True, cwd=PROJECT)


def test_a_migration_that_fails_leaves_nothing_of_itself(blank_url: str) -> None:
    with connected(blank_url) as connection:
        connection.execute(text("CREATE TABLE events (mine INTEGER)"))
        connection.commit()
    with pytest.raises(MigrationFailed) as failure:
        migrate.upgrade(blank_url)
    assert "events" not in failure.value.sentence  # no stack trace, no SQL
    assert tables_of(blank_url) - {"alembic_version"} == {"events"}


def test_a_process_killed_in_mid_migration_leaves_nothing_of_it(blank_url: str, tmp_path: Path) -> None:
    """Its last act before the kill is the last table; the next start finds an empty database and migrates."""
    probe = tmp_path / "probe.py"
    probe.write_text(
        "import os, signal, sys\n"
        "from alembic import op\n"
        "from db import migrate\n"
        "create = op.create_table\n"
        "def killed(name, *rest, **more):\n"
        "    create(name, *rest, **more)\n"
        "    if name == 'events':\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "op.create_table = killed\n"
        "migrate.upgrade(sys.argv[1])\n"
    )
    killed = subprocess.run(
        [sys.executable, str(probe), blank_url],
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        check=False,
    )
    assert killed.returncode == -9
    assert migrate.upgrade(blank_url) is True
    fill(blank_url)


def test_a_database_of_a_newer_storykin_is_left_alone(own_url: str) -> None:
    with connected(own_url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '2099_01_01_the_future'"))
        connection.commit()
    with pytest.raises(RecordTooNew) as refusal:
        migrate.upgrade(own_url)
    assert refusal.value.code == "record_too_new"


def test_asking_how_things_stand_makes_no_file(tmp_path: Path) -> None:
    assert migrate.current(f"sqlite:///{tmp_path / 'nothing.db'}") is None
    assert migrate.is_current(f"sqlite:///{tmp_path / 'no' / 'folder.db'}") is False
    assert list(tmp_path.iterdir()) == []


def test_upgrade_makes_the_data_folder(tmp_path: Path) -> None:
    migrate.upgrade(f"sqlite:///{tmp_path / 'new' / 'home' / 'record.db'}")
    assert (tmp_path / "new" / "home" / "record.db").exists()


def test_a_file_that_is_no_database_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "record.db").write_bytes(b"this is a text, not a database" * 100)
    with pytest.raises(RecordError, match="not a database"):
        migrate.upgrade(f"sqlite:///{tmp_path / 'record.db'}")


def test_a_data_folder_inside_a_file_is_a_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordReadOnly) as refusal:
        migrate.upgrade(f"sqlite:///{tmp_path / 'file' / 'record.db'}")
    assert "STORYKIN_HOME" in refusal.value.sentence


def test_a_read_only_folder_is_a_clear_sentence(tmp_path: Path) -> None:
    """Root may write anywhere, so this asks as nobody."""
    folder = tmp_path / "read-only"
    folder.mkdir()
    folder.chmod(0o555)
    for parent in tmp_path.parents[:3]:
        parent.chmod(parent.stat().st_mode | 0o055)
    tmp_path.chmod(0o755)
    probe = (
        "import os\n"
        "from db import migrate\n"
        "from db.errors import RecordReadOnly\n"
        f"migrate.upgrade('sqlite:///{tmp_path}/another.db')\n"  # nobody may not load all that root may
        "if os.getuid() == 0:\n"
        "    os.setuid(65534)\n"
        "try:\n"
        f"    migrate.upgrade('sqlite:///{folder}/record.db')\n"
        "except RecordReadOnly as refusal:\n"
        "    assert refusal.code == 'record_read_only'\n"
        "else:\n"
        "    raise SystemExit('it was written')\n"
    )
    subprocess.run([sys.executable, "-c", probe], check=True, cwd=PROJECT)


def test_a_server_that_is_not_there_is_a_clear_sentence_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(RecordAway) as refusal:
        migrate.upgrade(f"postgresql+psycopg://ada:secret@/storykin?host={tmp_path}")
    assert "secret" not in str(refusal.value)
    assert "DATABASE_URL" in refusal.value.sentence


def test_foreign_keys_are_checked_before_a_migration_commits(tmp_path: Path) -> None:
    """SQLite's are off while tables are rebuilt, so what a migration leaves dangling must not be kept."""
    url = f"sqlite:///{tmp_path / 'record.db'}"
    migrate.upgrade(url)
    with pytest.raises(MigrationFailed), migrate.migrating(url) as connection:
        connection.execute(
            text(
                "INSERT INTO batch_items (id, created_at, batch_id, character_id, style, state) "
                "VALUES ('1', '2026-01-01 00:00:00', 'b', 'c', 's', 'done')"
            )
        )
    with sqlite3.connect(tmp_path / "record.db") as plain:
        assert plain.execute("SELECT count(*) FROM batch_items").fetchone() == (0,)
    plain.close()


def test_operators_may_use_the_alembic_command(tmp_path: Path) -> None:
    command = shutil.which("alembic", path=str(Path(sys.executable).parent))
    assert command is not None
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    environment["STORYKIN_HOME"] = str(tmp_path / "new" / "home")
    for arguments in (["upgrade", "head"], ["check"]):
        subprocess.run(
            [command, "-c", str(PROJECT / "alembic.ini"), *arguments],
            check=True,
            env=environment,
            cwd=tmp_path,
            capture_output=True,
        )
    assert migrate.is_current(f"sqlite:///{tmp_path / 'new' / 'home' / 'storykin.db'}")


def test_a_file_name_tells_the_day_of_a_migration() -> None:
    for script in migrate.SCRIPTS.glob("versions/*.py"):
        if script.stem != "__init__":
            time.strptime(script.stem[:10], "%Y_%m_%d")


EARLIER = "UPDATE provider_calls SET earlier_microusd = 7, actual_microusd = 35, attempts = 2"


def test_what_earlier_attempts_cost_becomes_a_call_of_its_own(own_url: str) -> None:
    """As records of before `the_attempts` have it, and back again: not a cent is lost on the way."""
    fill(own_url)
    for _ in range(2):
        migrate.downgrade(own_url, "2026_11_22_the_traffic")
        run(own_url, EARLIER)
        migrate.upgrade(own_url)
        assert_cost_apart(own_url)
    migrate.downgrade(own_url, "2026_11_22_the_traffic")
    with connected(own_url) as connection:
        sums = connection.execute(text("SELECT actual_microusd, earlier_microusd FROM provider_calls"))
        assert [tuple(each) for each in sums] == [(35, 7)]


@pytest.mark.slow(
    covered_by="tests/db/test_migrations.py::test_what_earlier_attempts_cost_becomes_a_call_of_its_own"
)
def test_the_printed_migration_keeps_what_earlier_attempts_cost(
    own_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`alembic upgrade --sql`, run by an operator's own hands."""
    fill(own_url)
    migrate.downgrade(own_url, "2026_11_22_the_traffic")
    run(own_url, EARLIER)
    monkeypatch.setattr("db.migrate.record_url", lambda: own_url)
    printed = io.StringIO()
    config = Config(PROJECT / "alembic.ini", output_buffer=printed)
    alembic_upgrade(config, "2026_11_22_the_traffic:head", sql=True)
    statements = re.sub(r"^--.*$|^(BEGIN|COMMIT);$", "", printed.getvalue(), flags=re.MULTILINE)
    run(own_url, *statements.split(";\n"))
    assert migrate.is_current(own_url)
    assert_cost_apart(own_url)


def run(url: str, *statements: str) -> None:
    with connected(url) as connection:
        for statement in filter(str.strip, statements):
            connection.exec_driver_sql(statement)
        connection.commit()


def assert_cost_apart(url: str) -> None:
    record = Record(url)
    with record.reading() as session:
        assert calls.spent_microusd(session) == spending.spent_in_all(session) == 42
        assert spending.audit(session).agrees
        rows = {each.error_code: each for each in session.scalars(select(ProviderCall))}
    record.close()
    assert rows.keys() == {None, "earlier_attempts"}
    call, apart = rows[None], rows["earlier_attempts"]
    assert len(apart.id) == 36 and len(apart.work_key) <= 64
    assert apart.id[:14] == call.id[:14]  # beside its call in time
    assert (apart.actual_microusd, apart.character_id) == (7, call.character_id)
    assert apart.provider_id is apart.asset_id is apart.lease_owner is None


def a_whole_figure(session: Session, character_id: str) -> None:
    a_picture(session, character_id).framing = "full_body"


def an_order(session: Session, character_id: str, **chosen: str) -> None:
    orders.add(session, [(character_id, "anime", 1)], run_token="run-1", **chosen)


def a_newer_profile(session: Session, character_id: str) -> None:
    content = CONTENT | {"attributes": {"headwear": {"value": "cap", "confidence": 0.9, "hex": None}}}
    profiles.add(
        session, character_id=character_id, source="local", content=content, photo_sha256="p" * 64, model="m"
    )


def a_saved_view(session: Session, _character_id: str) -> None:
    saved_views.keep(session, name="Mine", address="q=Ada", created_by=None)


def an_erasure_that_is_done(session: Session, character_id: str) -> None:
    job = erasures.open_erasure(
        session,
        character_id=character_id,
        reason=ErasureReason.ASKED,
        asked_by=None,
        keep_canon=False,
        plan={},
    )
    erasures.finish(session, job.id, {"erased": character_id})


def a_consent_to_more(session: Session, character_id: str) -> None:
    consents.give(
        session,
        character_id=character_id,
        text_version="2026-11",
        language="en",
        role=ConsentRole.PARENT,
        means=ConsentMeans.OPERATOR_TICK,
        processors=["replicate"],
        purposes=["illustrations"],
        keep_canon=False,
        recorded_by=None,
    )


def a_link(session: Session, character_id: str, answer: LinkAnswer | None = None) -> None:
    link = customer_links.add(
        session,
        character_id=character_id,
        purpose=LinkPurpose.PROOF,
        token_hash="h" * 64,
        image_ids=[],
        asks={},
        changes_left=1,
        expires_at=datetime(2027, 1, 1, tzinfo=UTC),
        made_by=None,
    )
    if answer:
        customer_links.write_answer(session, link, answer)


def an_account(session: Session, _character_id: str) -> None:
    accounts.add(session, email="a@b.c", name="A", role=Role.OPERATOR, password_hash=None)


def a_token(session: Session, character_id: str) -> None:
    an_account(session, character_id)
    user_id = accounts.everyone(session)[0][0].id
    until = datetime(2027, 1, 1, tzinfo=UTC)
    api_tokens.add(
        session, user_id=user_id, name="shop", role=Role.OPERATOR, token_sha256="h" * 64, expires_at=until
    )


def a_second_factor(session: Session, character_id: str) -> None:
    an_account(session, character_id)
    user_id = accounts.everyone(session)[0][0].id
    second_factors.begin(session, user_id, "sealed", datetime(2026, 12, 1, tzinfo=UTC))
    factor = second_factors.find(session, user_id)
    assert factor is not None
    factor.confirmed_at = datetime(2026, 12, 1, tzinfo=UTC)


def an_identity(session: Session, character_id: str) -> None:
    an_account(session, character_id)
    user_id = accounts.everyone(session)[0][0].id
    identities.add(session, user_id=user_id, issuer="https://idp.example.org", subject="17")


def an_act(session: Session, character_id: str) -> None:
    append(session, AuditAct.HOLD_PLACED, by="u-1", what=character_id)


def a_text_of_their_own(session: Session, _character_id: str) -> None:
    consents.add_text(session, version="ours", language="en", text="You may.", by=None)


@pytest.mark.parametrize(
    ("add", "table", "sentence"),
    [
        (a_whole_figure, "character_images", "1 pictures are no portraits"),
        (partial(an_order, framing="full_body"), "ordered_pictures", "1 whole figures are on order"),
        (partial(an_order, resolution="print"), "ordered_pictures", "1 pictures are on order for print"),
        (a_newer_profile, "character_profiles", "1 profiles say more than the older release"),
        (a_saved_view, "saved_views", "1 views are saved"),
        (an_erasure_that_is_done, "erasures", "1 erasures are on record with their certificates"),
        (a_consent_to_more, "consents", "1 consents say more than the older release"),
        (a_text_of_their_own, "consent_texts", "1 consent texts are the studio's own"),
        (a_link, "customer_links", "1 customers hold a link"),
        (partial(a_link, answer=LinkAnswer.CHANGE), "customer_links", "1 customers have answered"),
        (an_account, "accounts", "1 people have accounts"),
        (a_token, "api_tokens", "1 tokens of programs are not revoked"),
        (a_second_factor, "second_factors", "1 people sign in with a second factor"),
        (an_identity, "identities", "1 people are known to a sign-in service"),
        (an_act, "audit_entries", "1 entries of the audit log are on record"),
    ],
    ids=[
        "a whole figure",
        "one on order",
        "a print on order",
        "a newer profile",
        "a view",
        "a certificate",
        "a consent",
        "a text",
        "a link",
        "an answer",
        "an account",
        "a token",
        "a second factor",
        "an identity",
        "an act",
    ],
)
def test_the_way_back_is_refused_while_it_would_lose_something(
    own_url: str, add: Callable[[Session, str], None], table: str, sentence: str
) -> None:
    record = Record(own_url)
    with record.writing() as session:
        add(session, a_ready_character(session).id)
    with pytest.raises(MigrationFailed, match=sentence):
        migrate.downgrade(own_url, "2026_11_29_profile_sources")
    migrate.upgrade(own_url)  # from wherever it was stopped
    with record.reading() as session:
        assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 1
    record.close()
