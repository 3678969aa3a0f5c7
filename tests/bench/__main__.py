"""`make bench`: print every figure: of the local engine, of backup and restore."""

import sys

from tests.bench import bench_backup, bench_engine

sys.exit(bench_engine.main() or bench_backup.main())
