"""What must be there before anything starts: a folder to write in, the weights, the record's tables."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from flows.launch.console import Console
from tasks.errors import StorykinError

LEAST_FREE_BYTES = 300_000_000


class DataFolderUnusable(StorykinError):
    """Nothing can be kept in STORYKIN_HOME."""

    code = "data_folder"


def prepare_home(home: Path) -> None:
    """Make `home` and what lies in it, and try to write there. Raises DataFolderUnusable."""
    try:
        for name in ("", "run", "logs", "prefect"):
            (home / name).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home / "run") as probe:
            probe.write(b"storykin")
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise DataFolderUnusable(
            f"The data folder {home} can't be written: {why.lower()}. "
            "Set STORYKIN_HOME to a folder that you may write in."
        ) from error
    if shutil.disk_usage(home).free < LEAST_FREE_BYTES:
        raise DataFolderUnusable(
            f"The disk of the data folder {home} is almost full: Storykin needs "
            f"{LEAST_FREE_BYTES // 1_000_000} MB. Free some, or set STORYKIN_HOME to another disk."
        )


def prepare_weights(console: Console) -> None:
    """Fetch the local engine's weights if they are missing."""
    from tasks.providers.local import weights  # noqa: PLC0415 - only the launcher of everything needs them

    if not weights.missing_weights():
        console.step("picture models", "here")
        return
    console.step("picture models", "fetching them, once …")
    weights.fetch_weights(_quarters(console))
    console.step("picture models", "here")


def prepare_record(console: Console) -> None:
    """Bring the record's database to the newest shape."""
    from db import migrate  # noqa: PLC0415 - Alembic takes half a second to import

    if migrate.is_current():
        console.step("record", "up to date")
        return
    migrate.upgrade()
    console.step("record", "created or brought up to date")


def prepare_store(console: Console) -> None:
    """Bind the record and the store to each other. What is wrong is told; the studio can show the rest."""
    from db.engine import record  # noqa: PLC0415 - after the tables are there
    from tasks.binding import Pair, require_bound  # noqa: PLC0415
    from tasks.providers.registry import store  # noqa: PLC0415 - boto3 is slow to import

    try:
        require_bound(Pair(record(), store()))
    except StorykinError as error:
        console.step("picture store", error.sentence)
    else:
        console.step("picture store", "belongs to this database")


def record_is_empty() -> bool:
    """Whether nobody has made a character yet."""
    from db.engine import record  # noqa: PLC0415 - not for a start that is not asked for a demo
    from db.repositories import characters  # noqa: PLC0415

    with record().reading() as session:
        return characters.page(session, limit=1).total == 0


def _quarters(console: Console) -> Callable[[str, int, int], None]:
    """A report that says a line for each quarter of the way."""
    said = 0

    def report(what: str, done: int, total: int) -> None:
        nonlocal said
        del what
        quarter = 4 * done // total if total else 0
        if quarter > said:
            said = quarter
            console.step("", f"{25 * quarter} % of {total // 1_000_000} MB")

    return report
