"""Which processes belong to a data folder: those that carry it in their environment or command line."""

import os
from pathlib import Path


def processes_of(home: Path) -> dict[int, str]:
    """Command lines of the living processes that name `home`, by process id; this process left out."""
    name = os.fsencode(home)
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            command = (folder / "cmdline").read_bytes()
            told = name in command or name in (folder / "environ").read_bytes()
        except OSError:
            continue  # it ended while we looked
        if told and command:  # a zombie has no command line any more
            found[int(folder.name)] = command.replace(b"\0", b" ").decode(errors="replace")
    return found


def parent_of(pid: int) -> int:
    """The process id of a process's parent."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def is_alive(pid: int) -> bool:
    """Whether the process runs: a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
