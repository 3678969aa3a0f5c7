"""`make bench`: print every figure of the local engine."""

import sys

from tests.bench.bench_engine import main

sys.exit(main())
