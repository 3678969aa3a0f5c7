"""What does not run flows does without Prefect's package, and what makes no report without pandas: both are
slow to import, and large.
"""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["ui.serve", "ui.cli.generate", "flows.request_run", "flows.reconciler"])
def test_the_studio_and_whoever_asks_for_a_run_import_no_prefect(module: str) -> None:
    look = f"import sys, {module}; sys.exit('prefect' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0


def test_the_studio_imports_pandas_for_a_report_alone() -> None:
    look = "import sys, ui.serve, ui.app; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0
