"""Pictures as files: where the store keeps them, and copies for whoever asked for a folder."""

from pathlib import Path
from typing import Any

from db.log import configure_logging
from db.settings import record_settings
from tasks.errors import UsageError
from tasks.providers.protocols import Store
from tasks.providers.store_disk import DiskStore
from tasks.workshop import Workshop

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
    configure_logging((logs / "cli.log").open("a", encoding="utf-8"))


def copy_out(tools: Workshop, document: dict[str, Any], folder: str) -> None:
    """Copy the run's pictures to `folder` as STYLE-ORDINAL.png, and let the document name the copies."""
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        for variant in document["variants"]:
            source = Path(variant["file"])
            copy = target / f"{variant['style']}-{variant['ordinal']}{source.suffix}"
            copy.write_bytes(tools.store.get(variant["key"]))
            variant["file"] = str(copy)
    except OSError:
        raise UsageError("The pictures could not be copied into that folder.", code="bad_folder") from None
