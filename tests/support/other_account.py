"""What another account of this machine can read: asked as that account, which takes root."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pytest

NOBODY = 65534


def readable_by_nobody(folder: Path) -> list[str]:
    """What the account "nobody" finds at or under `folder`, and may read or list. Skips without root."""
    setpriv, find = shutil.which("setpriv"), shutil.which("find")
    if os.geteuid() != 0 or setpriv is None or find is None:
        pytest.skip("only root can look at this machine as another account (with setpriv)")
    became = [setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    looked = subprocess.run(
        [*became, find, str(folder), "-readable"], check=False, capture_output=True, text=True, cwd="/"
    )
    return looked.stdout.splitlines()


def umasks_of(pids: Iterable[int]) -> set[str]:
    """The umasks of those of the processes that live, in octal, as the kernel says them."""
    found = set()
    for pid in pids:
        with suppress(OSError):
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            found |= {line.split()[1] for line in lines if line.startswith("Umask:")}
    return found
