"""Files that the command line reads and writes beside the store."""

from pathlib import Path

from db.log import configure_logging
from db.settings import record_settings
from tasks.errors import UsageError
from tasks.providers.protocols import Store
from tasks.providers.store.disk import DiskStore

LARGEST_PHOTO = 40 * 1024 * 1024  # bytes; the intake has its own, smaller limit and a better sentence


def file_of(store: Store, key: str) -> str:
    """The path of `key` where the store has one, else the key itself."""
    return str(store.path_of(key)) if isinstance(store, DiskStore) else key


def read_photo(name: str) -> bytes:
    """The bytes of the photo file `name`. UsageError when it can't be read; never more than 40 MiB."""
    path = Path("/dev/stdin") if name == "-" else Path(name)
    try:
        if path.is_dir():
            raise UsageError("That is a folder. Name one photo.", code="not_a_file")
        with path.open("rb") as file:
            return file.read(LARGEST_PHOTO + 1)
    except FileNotFoundError:
        raise UsageError("There is no such photo file.", code="no_such_file") from None
    except OSError:
        raise UsageError("This photo file can't be read.", code="unreadable_file") from None


def log_to_file() -> None:
    """Send the log to STORYKIN_HOME/logs/cli.log: a person's terminal gets sentences, not log lines."""
    logs = record_settings().home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    configure_logging(logs / "cli.log")
