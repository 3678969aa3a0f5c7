"""`storykin up` with the stand-ins of this folder."""

import argparse
import sys
from pathlib import Path

from flows.launch import LaunchOptions, launch

HERE = Path(__file__).parent


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    parser.add_argument("--prefect-port", type=int)
    chosen = parser.parse_args()
    sys.exit(
        launch(
            LaunchOptions(
                studio_port=chosen.port,
                prefect_port=chosen.prefect_port,
                studio_command=(sys.executable, str(HERE / "stub_studio.py")),
                deployments=HERE / "prefect.yaml",
                preparations=(),
                demo=None,
            )
        )
    )
