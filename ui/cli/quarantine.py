"""`storykin quarantine`: what no row names waits here a month, and can be brought back."""

import json
from collections.abc import Sequence

from tasks.errors import UsageError
from tasks.housekeeping import sweep
from tasks.storage import quarantine
from tasks.storage.binding import require_bound
from ui.cli.store import confirm, opened_pair

DONE, FAILED = 0, 1


def list_quarantine(*, as_json: bool) -> int:
    """Tell what is in quarantine, and since when."""
    there = list(quarantine.contents(opened_pair().store))
    if as_json:
        rows = [
            {"key": each.key, "size": each.size, "since": each.since.isoformat() if each.since else None}
            for each in there
        ]
        print(json.dumps(rows, indent=2))
        return DONE
    for each in there:
        since = each.since.isoformat(timespec="minutes") if each.since else "unknown"
        print(f"{since}  {each.size:>10}  {each.key}")
    if not there:
        print("The quarantine is empty.")
    return DONE


def restore(keys: Sequence[str], *, everything: bool) -> int:
    """Bring objects back to where they were. Raises UsageError, StoreError."""
    pair = opened_pair()
    require_bound(pair, afresh=True)
    if bool(keys) == everything:
        raise UsageError("Name what to bring back, or say --all.")
    wanted = [each.key for each in quarantine.contents(pair.store)] if everything else list(keys)
    absent = [key for key in wanted if quarantine.bring_back(pair.store, key) is None]
    print(f"Brought back: {len(wanted) - len(absent)}.")
    for key in absent:
        print(f"Not in quarantine: {key}")
    return FAILED if absent else DONE


def add(*, confirmed: bool) -> int:
    """Move everything that no row has named for a day into quarantine at once: a person's decision."""
    pair = opened_pair()
    require_bound(pair, afresh=True)
    unnamed = sweep.unnamed_for_a_day(pair)
    size = sum(each.size for each in unnamed)
    print(
        f"{len(unnamed)} objects ({size} bytes) that this database does not name are moved into quarantine, "
        "where they stay a month."
    )
    confirm(confirmed or not unnamed)
    print(f"Moved: {sweep.put_all_away(pair, unnamed)}.")
    return DONE
