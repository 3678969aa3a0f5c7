"""The documents say what the code does: every room, state, code, key and file in them is held against it."""

import ast
import json
import re
import shutil
import textwrap
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from db import lifecycle
from db.engine import Record
from db.ids import new_id
from db.models import BatchItemState, BatchState, CallKind, CallState, ProviderCall
from db.repositories import calls, clock
from db.repositories.claims import ClaimVerdict, claim
from db.settings import PROJECT
from tasks.providers.specs import BUILT_IN
from tests.support.error_docs import ROOMS, told_codes

ARCHITECTURE = (PROJECT / "docs" / "architecture.md").read_text()
PAGES = sorted(
    [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md"), *(PROJECT / ".github").rglob("*.md")]
)
HISTORY = {"DEV_LOG.md", "CHANGELOG.md"}  # they name what was there then
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"(?:db|tasks|flows|ui|migrations|tests|docs|\.ci|\.github)/[\w./-]*\w\.\w+")
_FOLDER = re.compile(r"(?:db|tasks|flows|ui|migrations|tests|docs)/(?:[\w-]+/)*")
_LINK = re.compile(r"\]\(([^)#\s]+)?(#[^)\s]*)?\)")


@pytest.fixture
def session(migrated_record: Path, tmp_path: Path) -> Iterator[Session]:
    shutil.copy(migrated_record, tmp_path / "record.db")
    record = Record(f"sqlite:///{tmp_path / 'record.db'}")
    with record.writing() as session:
        yield session
    record.close()


def section(title: str, page: str = ARCHITECTURE) -> str:
    """What stands under a heading, to the next heading."""
    found = re.search(
        rf"^(#+) {re.escape(title)}\n(.*?)(?=^#{{1,2}} |^### |\Z)", page, re.DOTALL | re.MULTILINE
    )
    assert found, f"docs/architecture.md has no section {title!r}"
    return found[2]


def tables(text: str, columns: int) -> list[list[list[str]]]:
    """The cells of every table with so many columns, row by row, without the heads."""
    found = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    cells = [[_cells(line) for line in table.splitlines()] for table in found]
    return [table[2:] for table in cells if len(table[0]) == columns]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|")]


def rows(text: str, columns: int) -> list[list[str]]:
    """The cells of the first table with so many columns."""
    return tables(text, columns)[0]


def named(cell: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", cell))


def prose(page: Path) -> str:
    return _FENCED.sub("", page.read_text())


def test_every_room_is_on_the_map_and_nothing_else() -> None:
    there = {
        f"{folder.parent.relative_to(PROJECT).as_posix()}/"
        for top in ("db", "tasks", "flows", "ui", "migrations")
        for folder in (PROJECT / top).rglob("__init__.py")
    }
    there -= {"migrations/versions/"}
    # A style is a folder of its own, and adding one changes no other file.
    there = {room for room in there if not re.fullmatch(r"tasks/styles/\w+/", room)}
    assert {row[0].strip("`") for row in rows(section("Code map"), 3)} == there


def test_the_map_names_every_import_contract_and_no_other() -> None:
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    quoted = set(re.findall(r'"([^"]+)"', section("Code map")))
    assert quoted == {contract["name"] for contract in contracts}


def test_the_states_of_a_call_are_those_of_the_code() -> None:
    told = {row[0].strip("`"): named(row[2]) for row in tables(section("The life of a call"), 4)[0]}
    assert told == {
        state.value: {each.value for each in following}
        for state, following in calls.ALLOWED_TRANSITIONS.items()
    }


def test_the_drawing_of_a_call_has_the_same_edges() -> None:
    drawn = set(re.findall(r"^    (\w+) --> (\w+)", ARCHITECTURE, re.MULTILINE))
    assert drawn == {
        (state.value, each.value)
        for state, following in calls.ALLOWED_TRANSITIONS.items()
        for each in following
    }


def test_what_leads_back_is_what_the_code_allows() -> None:
    back = [edge(named(row[0]), named(row[1])) for row in tables(section("The life of a call"), 4)[1]]
    evidence = [edge({state}, following) for state, following in calls.REOPENED_BY_EVIDENCE.items()]
    others = [edge(calls.STARTED_OVER, {"claimed"}), edge(calls.BY_A_PERSON, {"failed"})]
    assert sorted(back) == sorted([*evidence, *others])


def edge(before: Iterable[str], after: Iterable[str]) -> tuple[list[str], list[str]]:
    return sorted(map(str, before)), sorted(map(str, after))


VERDICTS = rows(section("What a claim finds"), 3)


def test_every_state_has_its_row_for_a_claim() -> None:
    assert {row[0].strip("`") for row in VERDICTS} == {"not there", *CallState}
    told = set.union(*(named(cell) for row in VERDICTS for cell in row[1:]))
    assert told | {"lost"} == set(ClaimVerdict)


@pytest.mark.parametrize("live", [True, False], ids=["live", "not live"])
@pytest.mark.parametrize("row", VERDICTS, ids=lambda row: row[0].strip("`"))
def test_a_claim_is_told_what_the_table_says(session: Session, row: list[str], live: bool) -> None:
    if row[0] != "not there":
        put_call(session, CallState(row[0].strip("`")), live=live)
    verdict = claim(
        session,
        work_key="w",
        kind=CallKind.VISION,
        provider="p",
        model="m",
        estimate_microusd=1,
        owner="another",
        lease_seconds=60,
    ).verdict
    assert verdict == (row[1] if live else row[2]).strip("`")


def put_call(session: Session, state: CallState, *, live: bool) -> None:
    """A call of the work "w" in `state`, whose holder lives or does not."""
    now = clock.steady(session)
    moment = clock.now(session)
    stamps = ("sent_at", "accepted_at", "delivered_at", "stored_at", "recorded_at")
    held = state in calls.LEASED
    call = ProviderCall(
        id=new_id(),
        work_key="w",
        kind=CallKind.VISION,
        provider="p",
        model="m",
        state=state,
        estimate_microusd=1,
        result={"profile": {}},
        provider_id="theirs",
        lease_owner="somebody" if held else None,
        lease_expires_at=(now.replace(year=now.year + 1) if live else now) if held else None,
        ended_at=None if held else moment,
        actual_microusd=1,
        error_code="call_failed" if state is CallState.FAILED else None,
        **dict.fromkeys(stamps, moment),
    )
    session.add(call)
    session.flush()


def test_the_states_of_a_character_are_those_of_the_code() -> None:
    told = {row[0].strip("`"): named(row[1]) for row in rows(section("The life of a character"), 2)}
    assert told == {
        state.value: {each.value for each in following}
        for state, following in lifecycle.ALLOWED_TRANSITIONS.items()
    }


def test_the_states_of_a_batch_are_told() -> None:
    assert named(section("The life of a character")) >= {*BatchState, *BatchItemState}


def test_every_provider_is_told_with_what_it_is_for_and_whether_it_charges() -> None:
    told = {row[0].strip("`"): (set(row[1].split(", ")), row[2]) for row in rows(section("Providers"), 4)}
    assert told == {
        spec.id: ({kind.value for kind in spec.factories}, "yes" if spec.charges else "no")
        for spec in BUILT_IN
    }


def test_every_error_code_is_listed_and_no_other() -> None:
    page = (PROJECT / "docs" / "errors.md").read_text().partition("<!-- errors:")[2]
    listed = {row[0].strip("`") for row in rows(page, 3)}
    assert listed == {each.code for each in told_codes()}, "python -m tests.support.error_docs writes it"


def test_every_log_line_and_code_that_operators_look_for_is_there() -> None:
    page = (PROJECT / "docs" / "howto" / "operations.md").read_text()
    source = "".join(path.read_text() for room in ROOMS for path in (PROJECT / room).rglob("*.py"))
    lines = re.findall(r'log "([^"]+)"', page)
    assert lines and [line for line in lines if f'"{line}"' not in source] == []
    codes = {each.code for each in told_codes()}
    alarms = [row[0] for row in tables(page, 3)[-1]]
    told = {name for alarm in alarms for name in named(alarm) if re.fullmatch(r"[a-z]+_[a-z_]+", name)}
    assert told and told <= codes


def links() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for found in _LINK.finditer(prose(page)):
            if found[1] and "://" not in found[1] and not found[1].startswith("mailto:"):
                yield page.relative_to(PROJECT).as_posix(), found[1]


def test_every_link_of_a_page_leads_somewhere() -> None:
    broken = [(page, link) for page, link in links() if not (PROJECT / page).parent.joinpath(link).exists()]
    assert broken == []


def test_every_file_that_a_page_names_is_there() -> None:
    missing = [
        (page.relative_to(PROJECT).as_posix(), name)
        for page in PAGES
        if page.name not in HISTORY
        for code in re.findall(r"`([^`\n]+)`", prose(page))
        for name in [*_FILE.findall(code), *((_FOLDER.fullmatch(code) and [code]) or [])]
        if not (PROJECT / name).exists()
    ]
    assert missing == []


def test_every_name_of_the_key_table_stands_in_the_file_beside_it() -> None:
    for row in rows(section("Keys"), 4):
        files = _FILE.findall(row[1])
        names = {name for name in named(row[1]) if not _FILE.search(name)}
        source = "".join((PROJECT / file).read_text() for file in files)
        assert files and all(name.rpartition(".")[2] in source for name in names), row[1]


_EXAMPLE = re.compile(r"^ *```(python|toml|json)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_PARSERS: dict[str, Callable[[str], object]] = {
    "python": ast.parse,
    "toml": tomllib.loads,
    "json": json.loads,
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_example_of_a_page_parses(page: Path) -> None:
    for language, text in _EXAMPLE.findall(page.read_text()):
        _PARSERS[language](textwrap.dedent(text))
