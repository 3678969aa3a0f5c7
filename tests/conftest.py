"""What every test gets: a home of its own, and no way out of this machine."""

import gc
import ipaddress
import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from httpx._config import DEFAULT_TIMEOUT_CONFIG

from db.engine import close_records
from db.settings import record_settings
from tests.support.records import fresh_record
from tests.support.slices import FileByFile, check_slow_slice, servers_first
from tests.support.state_directory import state_directory

_ASKING = {"socket.connect", "socket.sendto"}


def _only_loopback(event: str, arguments: tuple[Any, ...]) -> None:
    """Audit hook: a socket to anywhere but this machine is an error, whoever opens it."""
    if event not in _ASKING:
        return
    address = arguments[1]
    if not isinstance(address, tuple) or not address:
        return  # a unix socket
    host = address[0]
    if host in ("localhost", ""):
        return
    try:
        allowed = ipaddress.ip_address(host).is_loopback
    except (ValueError, TypeError):
        allowed = False
    if not allowed:
        raise PermissionError("a test tried to reach beyond this machine")


sys.addaudithook(_only_loopback)

# What a test asks by httpx without a word about time: its five seconds are short on a machine that is busy.
DEFAULT_TIMEOUT_CONFIG.connect = DEFAULT_TIMEOUT_CONFIG.read = DEFAULT_TIMEOUT_CONFIG.write = 120.0
DEFAULT_TIMEOUT_CONFIG.pool = 120.0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, Any, Any]:
    """A file's garbage is collected before the next file begins: what one forgot to close must not fail, at
    some moment, a test of another that has nothing to do with it.
    """
    result = yield
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
    return result


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FileByFile:
    """How tests are handed out where several processes run them."""
    config.option.loadscopereorder = False
    return FileByFile(config, log)


def pytest_collection_finish() -> None:
    """Nothing that was imported for the tests is garbage: no collection need look at it again."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Hold the slow slice to its rule; order the tests where several processes run them."""
    check_slow_slice(items)
    if hasattr(config, "workerinput"):
        servers_first(items)


@pytest.fixture(scope="session", autouse=True)
def _state_directory(request: pytest.FixtureRequest) -> None:
    """What root's Postgres keeps outside a data folder goes where the tests' other things go."""
    kept = ExitStack()
    kept.enter_context(state_directory())
    request.config.add_cleanup(kept.close)  # after the servers that are ended in the same way


@pytest.fixture(autouse=True)
def _retries_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a test's own process a step that is tried again is tried again at once."""
    pipeline = sys.modules.get("tasks.pipeline")  # imports Prefect: not for a test that needs none
    if pipeline is not None:
        monkeypatch.setattr(pipeline, "DELAYS", (0.0, 0.0, 0.0))


@pytest.fixture(autouse=True)
def _handlers_called_by_whoever_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler or router that a test calls by itself, without the guard before it, is called by `LOCAL`."""
    acting = sys.modules.get("ui.acting")
    if acting is not None:
        monkeypatch.setattr(acting, "UNKNOWN", sys.modules["tasks.accounts.person"].LOCAL)


@pytest.fixture(scope="session")
def migrated_record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: a test need not wait for migrations."""
    file = tmp_path_factory.mktemp("template") / "record.db"
    fresh_record(file)
    return file


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh STORYKIN_HOME with nothing in it, and no settings of the developer's own."""
    for name in ("DATABASE_URL", "OPENAI_API_KEY", "REPLICATE_API_TOKEN", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("STORYKIN_HOME", str(folder))
    _forget_the_record()
    yield folder
    close_records()
    _forget_the_record()


# What a command that ran in the tests' own process keeps of its record and its environment.
_KEPT_BY_COMMANDS = {
    "tasks.runtime": "process_runtime",
    "tasks.notices.settings": "notice_settings",
    "tasks.canary.settings": "canary_settings",
    "tasks.traces.settings": "trace_settings",
}


def _forget_the_record() -> None:
    record_settings.cache_clear()
    for module, name in _KEPT_BY_COMMANDS.items():
        kept = getattr(sys.modules.get(module), name, None)
        if clear := getattr(kept, "cache_clear", None):  # a test may have put a function of its own there
            clear()
