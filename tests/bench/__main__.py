"""`make bench`: print every figure: of the local engine, of backup and restore, of a migration under way."""

import sys

from tests.bench import bench_backup, bench_engine, bench_migration

sys.exit(bench_engine.main() or bench_backup.main() or bench_migration.main())
