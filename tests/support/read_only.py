"""A folder that can't be written to."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


class read_only:  # noqa: N801 - reads as a statement
    """A folder that can't be written to, even by root (for whom it is mounted so)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Path:
        self._folder.mkdir()
        if os.geteuid() != 0:
            self._folder.chmod(0o500)
            return self._folder
        mount = [shutil.which("mount") or "mount", "-t", "tmpfs", "-o", "ro", "none", str(self._folder)]
        if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
            pytest.skip("root may write everywhere here, and may not mount anything read-only")
        return self._folder

    def __exit__(self, *_: object) -> None:
        if os.geteuid() != 0:
            self._folder.chmod(0o700)
        else:
            subprocess.run(["umount", str(self._folder)], check=True)
