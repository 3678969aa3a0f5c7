"""What must be there before anything starts: a folder to write in, the weights, the record's tables."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from db.errors import UserFacingError
from db.private_files import close_folder, is_open_to_others, is_shared_folder
from flows.launch.console import Console
from tasks.errors import StorykinError

LEAST_FREE_BYTES = 300_000_000


class DataFolderUnusable(StorykinError):
    """Nothing can be kept in STORYKIN_HOME."""

    code = "data_folder"


def prepare_home(home: Path, console: Console) -> None:
    """Make `home`, its owner's alone, and try to write there. Raises DataFolderUnusable."""
    if is_shared_folder(home):
        raise DataFolderUnusable(
            f"The data folder {home} is not Storykin's alone, and what is kept there must be. "
            "Set STORYKIN_HOME to a folder of its own."
        )
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if close_folder(home):
            console.step("", "the data folder was open to other accounts; now it is not")
        for name in ("run", "logs", "prefect"):
            (home / name).mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryFile(dir=home / "run") as probe:
            probe.write(b"storykin")
    except PermissionError as error:
        raise DataFolderUnusable(_not_ours(home)) from error
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


def _not_ours(home: Path) -> str:
    if is_open_to_others(home) and home.stat().st_uid != os.geteuid():
        return (
            f"The data folder {home} is open to other accounts, and belongs to one that alone can close it "
            "(chmod 700). Let it do so, or set STORYKIN_HOME to a folder of your own."
        )
    return (
        f"The data folder {home} can't be written: permission denied. "
        "Set STORYKIN_HOME to a folder that you may write in."
    )


def prepare_weights(console: Console) -> None:
    """Fetch the local engine's weights if they are missing."""
    from tasks.perception import weights  # noqa: PLC0415 - only the launcher of everything needs them

    if not weights.missing_weights():
        console.step("picture models", "here")
        return
    console.step("picture models", "fetching them, once …")
    weights.fetch_weights(_quarters(console))
    console.step("picture models", "here")


def prepare_record(console: Console) -> None:
    """Bring a record of our own to the newest shape; of a shared one see that it is. RecordError if not."""
    from db.record_state import prepare_own  # noqa: PLC0415 - the launcher reads settings before it

    changed = prepare_own(lambda what: console.step("record", what))
    console.step("record", "created or brought up to date" if changed else "up to date")


def prepare_store(console: Console) -> None:
    """Bind the record and the store to each other. What is wrong is told; the studio can show the rest."""
    from db.engine import record  # noqa: PLC0415 - after the tables are there
    from tasks.consent.again import withdraw_again  # noqa: PLC0415
    from tasks.erasure.job import erase_again  # noqa: PLC0415
    from tasks.providers.registry import store  # noqa: PLC0415 - boto3 is slow to import
    from tasks.storage.binding import Pair, require_bound  # noqa: PLC0415

    try:
        require_bound(Pair(record(), store()))
    except StorykinError as error:
        console.step("picture store", error.sentence)
    else:
        console.step("picture store", "belongs to this database")
        try:
            again = erase_again(Pair(record(), store()))
            withdrawn = withdraw_again(Pair(record(), store()))
        except UserFacingError as error:  # housekeeping does it again
            console.step("", error.sentence)
            return
        if again:
            console.step("", f"{again} characters that were erased before are erased again")
        if withdrawn:
            console.step("", f"consents that were withdrawn before are withdrawn again: {withdrawn}")


def record_is_empty() -> bool:
    """Whether nobody has made a character yet."""
    from db.engine import record  # noqa: PLC0415 - not for a start that is not asked for a demo
    from db.repositories import characters  # noqa: PLC0415

    with record().reading() as session:
        return characters.page(session, limit=1).total == 0


def _quarters(console: Console) -> Callable[[str, int, int], None]:
    """A report that says a line for each quarter of the way."""
    reported_quarters = 0

    def report(what: str, done: int, total: int) -> None:
        nonlocal reported_quarters
        del what
        quarter = 4 * done // total if total else 0
        if quarter > reported_quarters:
            reported_quarters = quarter
            console.step("", f"{25 * quarter} % of {total // 1_000_000} MB")

    return report
