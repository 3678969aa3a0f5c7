"""`python -m ui.cli`, as where the package is not installed."""

import sys

from ui.cli import main

sys.exit(main())
