"""`storykin up` with the stand-ins of this folder: python up.py [STUDIO_PORT [PREFECT_PORT]]."""

import sys
from pathlib import Path

from flows.launch import LaunchOptions, launch

HERE = Path(__file__).parent


if __name__ == "__main__":
    ports = [int(port) if port else None for port in sys.argv[1:]] + [None, None]
    sys.exit(
        launch(
            LaunchOptions(
                studio_port=ports[0],
                prefect_port=ports[1],
                studio_command=(sys.executable, str(HERE / "stub_studio.py")),
                deployments=HERE / "prefect.yaml",
                preparations=(),
                demo=None,
            )
        )
    )
