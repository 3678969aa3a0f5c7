"""`make topology`: prints what was done, and a table; 0 if nothing was lost and nothing was bought twice."""

import os
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.topology.ground import HOW_TO, found_programs
from tests.topology.play import play
from tests.topology.stage import whole_stage

USUAL_CHARACTERS = 40


def main() -> int:
    """Play it once; its folder is kept where it failed."""
    programs = found_programs()
    if programs is None:
        sys.stderr.write(f"This needs Postgres, Redis and nginx: {HOW_TO}\n")
        return 2
    count = int(os.environ.get("N") or USUAL_CHARACTERS)
    packages = Path(os.environ.get("STORYKIN_SERVER_PACKAGES") or ".venv/server").absolute()
    models = Path(os.environ.get("STORYKIN_MODELS_DIR") or ".storykin/models").absolute()
    folder = Path(tempfile.mkdtemp(prefix="storykin-topology-"))
    folder.chmod(0o711)  # Postgres is somebody else, and has a folder in it
    began = time.monotonic()

    def tell(what: str) -> None:
        sys.stdout.write(f"{time.monotonic() - began:6.0f} s  {what}\n")
        sys.stdout.flush()

    try:
        with ExitStack() as stack:
            stage = stack.enter_context(whole_stage(folder, programs, packages, models))
            kept = play(stage, count, tell)
    except BaseException:
        sys.stdout.write(f"What every part said is in {folder}\n")
        raise
    if not kept:
        sys.stdout.write(f"What every part said is in {folder}\n")
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
